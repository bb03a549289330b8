// cereal's serialize() functions walked by two archives of our own: little-endian numbers of their natural size, a
// 64-bit count before strings and vectors. The input archive knows how many bytes are left: a length that can't be true
// is refused before anything is allocated for it.
//
//   payload     := type(1) fields          type: the index in Message
//   StreamChunk := type(1) epoch(8) from(8) master's wall clock in ms(8) bytes
#include "common/codec.h"

#include <array>
#include <cereal/cereal.hpp>
#include <cereal/types/common.hpp>
#include <cereal/types/optional.hpp>
#include <cstring>
#include <exception>
#include <type_traits>
#include <utility>

#include "common/numbers.h"

namespace onggi {

namespace {

// The least that an element of any vector in a message takes: a string's count.
constexpr size_t kLeastElementBytes = 8;
constexpr size_t kStreamChunkHeader = 24;

struct Malformed : std::exception {
  explicit Malformed(const char* text) : why(text) {}
  const char* what() const noexcept override { return why; }
  const char* why;
};

void put_little_endian(std::string& out, uint64_t value, size_t bytes) {
  char text[8];
  for (size_t i = 0; i < bytes; i++) text[i] = static_cast<char>(value >> (8 * i));
  out.append(text, bytes);
}

uint64_t get_little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); i++) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

}  // namespace

// Found by cereal through this namespace; not in the anonymous one, since cereal's traits name them.
namespace codec {

class Output : public cereal::OutputArchive<Output, cereal::AllowEmptyClassElision> {
 public:
  explicit Output(std::string& out) : OutputArchive(this), out_(out) {}
  std::string& out() { return out_; }

 private:
  std::string& out_;
};

class Input : public cereal::InputArchive<Input, cereal::AllowEmptyClassElision> {
 public:
  explicit Input(std::string_view bytes) : InputArchive(this), rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  std::string_view take(size_t bytes) {
    if (bytes > rest_.size()) throw Malformed("cut short");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  size_t take_count(size_t least_bytes_each) {
    const uint64_t count = get_little_endian(take(8));
    if (count > rest_.size() / least_bytes_each) throw Malformed("a length beyond the end");
    return static_cast<size_t>(count);
  }

 private:
  std::string_view rest_;
};

template <class T>
std::enable_if_t<std::is_integral_v<T>> save(Output& archive, const T& value) {
  put_little_endian(archive.out(), static_cast<uint64_t>(value), sizeof(T));
}

template <class T>
std::enable_if_t<std::is_integral_v<T>> load(Input& archive, T& value) {
  const uint64_t number = get_little_endian(archive.take(sizeof(T)));
  if constexpr (std::is_same_v<T, bool>) {
    if (number > 1) throw Malformed("a boolean that is none");
  }
  value = static_cast<T>(number);
}

inline void save(Output& archive, const std::string& text) {
  put_little_endian(archive.out(), text.size(), 8);
  archive.out().append(text);
}

inline void load(Input& archive, std::string& text) {
  text = archive.take(archive.take_count(1));
}

inline void save(Output& archive, const IdText& id) {
  put_little_endian(archive.out(), id.size(), 8);
  archive.out().append(std::string_view(id));
}

inline void load(Input& archive, IdText& id) {
  const std::string_view text = archive.take(archive.take_count(1));
  if (!IdText::fits(text)) throw Malformed("an id that is too long");
  id = text;
}

template <class T>
void save(Output& archive, const std::vector<T>& elements) {
  put_little_endian(archive.out(), elements.size(), 8);
  for (const T& element : elements) archive(element);
}

template <class T>
void load(Input& archive, std::vector<T>& elements) {
  const size_t count = archive.take_count(kLeastElementBytes);
  elements.clear();
  for (size_t i = 0; i < count; i++) archive(elements.emplace_back());
}

template <class T>
void save(Output& archive, const cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

template <class T>
void load(Input& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

}  // namespace codec

}  // namespace onggi

CEREAL_REGISTER_ARCHIVE(onggi::codec::Output)
CEREAL_REGISTER_ARCHIVE(onggi::codec::Input)
CEREAL_SETUP_ARCHIVE_TRAITS(onggi::codec::Input, onggi::codec::Output)

namespace onggi {

namespace {

template <class T>
Message decode_as(std::string_view bytes) {
  T message;
  codec::Input archive(bytes);
  archive(message);
  if (archive.left() != 0) throw Malformed("bytes left over");
  if constexpr (std::is_same_v<T, SyncReply>) {
    if (message.kind > SyncReply::Kind::kFullCopy) throw Malformed("an unknown kind of sync reply");
  }
  return message;
}

template <>
Message decode_as<StreamChunk>(std::string_view bytes) {
  if (bytes.size() < kStreamChunkHeader) throw Malformed("cut short");
  StreamChunk chunk;
  chunk.epoch.value = get_little_endian(bytes.substr(0, 8));
  chunk.from.value = get_little_endian(bytes.substr(8, 8));
  chunk.master_wall.ms = static_cast<int64_t>(get_little_endian(bytes.substr(16, 8)));
  chunk.bytes = bytes.substr(kStreamChunkHeader);
  return chunk;
}

using Decoder = Message (*)(std::string_view);

template <size_t... I>
constexpr std::array<Decoder, sizeof...(I)> make_decoders(std::index_sequence<I...>) {
  return {&decode_as<std::variant_alternative_t<I, Message>>...};
}

constexpr auto kDecoders = make_decoders(std::make_index_sequence<std::variant_size_v<Message>>{});
static_assert(kDecoders.size() < 256);

void append_encoded(std::string& out, const Message& message) {
  out.push_back(static_cast<char>(message.index()));
  if (const auto* chunk = std::get_if<StreamChunk>(&message)) {
    put_little_endian(out, chunk->epoch.value, 8);
    put_little_endian(out, chunk->from.value, 8);
    put_little_endian(out, static_cast<uint64_t>(chunk->master_wall.ms), 8);
    out.append(chunk->bytes);
    return;
  }
  codec::Output archive(out);
  std::visit(
      [&archive](const auto& each) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(each)>, StreamChunk>) archive(each);
      },
      message);
}

void append_frame_header(std::string& out, size_t payload) {
  out += "*2\r\n$5\r\n";
  out += kInternalCommand;
  out += "\r\n$";
  append_int64(out, static_cast<int64_t>(payload));
  out += "\r\n";
}

}  // namespace

std::string encode(const Message& message) {
  std::string out;
  append_encoded(out, message);
  return out;
}

std::string frame(const Message& message) {
  std::string out;
  if (const auto* chunk = std::get_if<StreamChunk>(&message)) {
    const size_t payload = 1 + kStreamChunkHeader + chunk->bytes.size();
    out.reserve(payload + 64);
    append_frame_header(out, payload);
    append_encoded(out, message);
  } else {
    const std::string payload = encode(message);
    out.reserve(payload.size() + 64);
    append_frame_header(out, payload.size());
    out += payload;
  }
  out += "\r\n";
  return out;
}

Result<Message> decode(std::string_view payload) {
  if (payload.empty()) return Error{"an empty internal message"};
  const auto type = static_cast<unsigned char>(payload[0]);
  if (type >= kDecoders.size()) return Error{"an internal message of an unknown type " + std::to_string(type)};
  try {
    return kDecoders[type](payload.substr(1));
  } catch (const std::exception& e) {
    return Error{"a malformed internal message of type " + std::to_string(type) + ": " + e.what()};
  }
}

}  // namespace onggi
