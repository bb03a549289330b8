// An archive for the messages' own serialize(): it reads each field, and writes nothing.
#include "common/message_check.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace onggi {

namespace {

constexpr size_t kIdDigits = 40;

class Examiner {
 public:
  explicit Examiner(Epoch known) : highest_{known.value + std::min(kMostEpochJump, UINT64_MAX - known.value)} {}

  template <class... Fields>
  void operator()(Fields&... fields) {
    (look(fields), ...);
  }

  std::optional<std::string> found;

 private:
  void note(std::string what) {
    if (!found) found = std::move(what);
  }

  void look(Epoch& epoch) {
    if (epoch > highest_) note("epoch " + std::to_string(epoch.value) + " is too far from those known here");
  }
  void look(Offset& offset) {
    if (offset.value > kMostOffset) note("offset " + std::to_string(offset.value) + " is one that no log reaches");
  }
  template <class Tag>
  void look(Id<Tag>& id) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    const std::string_view hex = id.hex;
    if (hex.empty() || (hex.size() == kIdDigits && std::all_of(hex.begin(), hex.end(), is_digit))) return;
    note("an id that is none");
  }
  void look(Address& address) {
    if (address.host.size() > kMostHostBytes) note("a host name of " + std::to_string(address.host.size()) + " bytes");
  }
  void look(std::string&) {}
  void look(Instant&) {}
  void look(WallTime&) {}
  template <class Tag>
  void look(Strong<Tag>&) {}
  template <class T>
  std::enable_if_t<std::is_arithmetic_v<T> || std::is_enum_v<T>> look(T&) {}
  template <class T>
  void look(std::optional<T>& value) {
    if (value) look(*value);
  }
  template <class T>
  void look(std::vector<T>& elements) {
    constexpr bool kBounded = !std::is_same_v<T, EpochStart> && !std::is_same_v<T, CopyBegin::File>;
    if (kBounded && elements.size() > kMostListed) return note("a list of " + std::to_string(elements.size()));
    for (T& element : elements) look(element);
  }
  template <class T>
  std::enable_if_t<std::is_class_v<T>> look(T& part) {
    part.serialize(*this);
  }

  Epoch highest_;
};

}  // namespace

std::optional<std::string> nonsense_in(Message& message, Epoch known) {
  Examiner examiner(known);
  if (auto* chunk = std::get_if<StreamChunk>(&message)) {
    examiner(chunk->epoch, chunk->from);
    return examiner.found;
  }
  std::visit(
      [&examiner](auto& each) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(each)>, StreamChunk>) each.serialize(examiner);
      },
      message);
  return examiner.found;
}

}  // namespace onggi
