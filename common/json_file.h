// State for people to read: structs as JSON (cereal), and files of it that replace each other whole.
//
// save_json: temporary file, fsync, read again and compare, rename, fsync of the folder: after a crash the old file or
// the new one is there, and never one that can't be parsed. T needs cereal's serialize() with named fields where names
// matter.
#pragma once

#include <cereal/archives/json.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/types.h"

namespace onggi {

template <class Archive,
          cereal::traits::EnableIf<cereal::traits::is_text_archive<Archive>::value> = cereal::traits::sfinae>
std::string save_minimal(const Archive&, const IdText& id) {
  return id.str();
}
template <class Archive,
          cereal::traits::EnableIf<cereal::traits::is_text_archive<Archive>::value> = cereal::traits::sfinae>
void load_minimal(const Archive&, IdText& id, const std::string& text) {
  if (!IdText::fits(text)) throw cereal::Exception("an id that is too long");
  id = text;
}

template <class T>
std::string to_json(const T& value) {
  std::ostringstream out;
  {
    cereal::JSONOutputArchive archive(out);
    archive(cereal::make_nvp("state", value));
  }
  return out.str();
}

template <class T>
Result<T> from_json(std::string_view text) {
  try {
    std::istringstream in{std::string(text)};
    cereal::JSONInputArchive archive(in);
    T value;
    archive(cereal::make_nvp("state", value));
    return value;
  } catch (const std::exception& e) {
    return Error{std::string("not a valid state: ") + e.what()};
  }
}

Result<std::string> read_whole_file(const std::string& path);
// Durable when it returns ok.
Result<void> replace_file(const std::string& path, std::string_view bytes);

template <class T>
Result<T> load_json(const std::string& path) {
  Result<std::string> text = read_whole_file(path);
  if (!text) return text.error();
  Result<T> value = from_json<T>(*text);
  if (!value) return Error{path + ": " + value.error().message};
  return value;
}

template <class T>
Result<void> save_json(const std::string& path, const T& value) {
  const std::string text = to_json(value);
  Result<T> again = from_json<T>(text);
  if (!again) return Error{path + ": would not be readable: " + again.error().message};
  if (to_json(*again) != text) return Error{path + ": would not be read as it was written"};
  return replace_file(path, text);
}

}  // namespace onggi
