// The words of the protocol as types: epochs, offsets, positions, ids, instants.
//
// Strong types, so that an offset can't be passed for an epoch, nor a wall-clock time for an instant. Nothing
// here reads a clock: instants are handed in by the drivers.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace onggi {

// A number with a meaning: two of different tags neither compare nor convert.
template <class Tag>
struct Strong {
  uint64_t value = 0;
  auto operator<=>(const Strong&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

using Epoch = Strong<struct EpochTag>;      // one master at most in each; 0: before the first
using BranchId = Strong<struct BranchTag>;  // random, made with each epoch-start: tells forks of one epoch apart
using ConnId = Strong<struct ConnTag>;      // a connection of this process, never used again
using DbId = Strong<struct DbTag>;  // a database's identity in log and tier; flushing a database gives a new one

// A byte position in the log since the beginning of the cluster's history.
struct Offset {
  uint64_t value = 0;
  auto operator<=>(const Offset&) const = default;
  Offset operator+(uint64_t bytes) const { return {value + bytes}; }
  uint64_t operator-(Offset other) const { return value - other.value; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

// (epoch of the last record, offset after it), compared in that order.
struct Position {
  Epoch epoch;
  Offset offset;
  auto operator<=>(const Position&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(epoch, offset);
  }
};

using Duration = std::chrono::microseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A moment on CLOCK_BOOTTIME (it goes on while the machine sleeps, and never jumps). Microseconds.
struct Instant {
  int64_t us = 0;
  auto operator<=>(const Instant&) const = default;
  Instant operator+(Duration d) const { return {us + d.count()}; }
  Instant operator-(Duration d) const { return {us - d.count()}; }
  Duration operator-(Instant other) const { return Duration{us - other.us}; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(us);
  }
};

// A moment on the wall clock, milliseconds since 1970: for deadlines of keys and for people, never for the protocol.
struct WallTime {
  int64_t ms = 0;
  auto operator<=>(const WallTime&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(ms);
  }
};

// What a step is told of time: both clocks, read once by the driver.
struct Now {
  Instant instant;
  WallTime wall;
};

// The text of an id, without an allocation of its own: ids are copied and compared all the time. Longer ones than
// kMost don't exist; what is given beyond it is cut off, and what comes from outside is checked first (fits()).
class IdText {
 public:
  static constexpr size_t kMost = 40;
  static bool fits(std::string_view text) { return text.size() <= kMost; }

  IdText() = default;
  template <class Text>
  requires std::is_convertible_v<const Text&, std::string_view> IdText(
      const Text& text) {  // NOLINT(google-explicit-constructor): it is a text
    const std::string_view view(text);
    size_ = static_cast<uint8_t>(std::min(view.size(), kMost));
    view.copy(text_.data(), size_);
  }
  operator std::string_view() const { return {text_.data(), size_}; }  // NOLINT(google-explicit-constructor)
  std::string str() const { return {text_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  std::string substr(size_t from, size_t count) const { return str().substr(from, count); }
  std::strong_ordering operator<=>(const IdText& other) const {  // what is beyond the size is zero
    return std::memcmp(text_.data(), other.text_.data(), kMost) <=> 0;
  }
  bool operator==(const IdText& other) const { return (*this <=> other) == 0; }
  template <class Text>
  requires(std::is_convertible_v<const Text&, std::string_view> && !std::is_same_v<Text, IdText>) bool operator==(
      const Text& other) const {
    return std::string_view(*this) == std::string_view(other);
  }
  friend std::string operator+(std::string before, const IdText& id) { return before.append(std::string_view(id)); }
  friend std::string operator+(const IdText& id, std::string_view after) { return id.str().append(after); }

 private:
  std::array<char, kMost> text_{};
  uint8_t size_ = 0;
};

// A random identity: 40 lower-case hexadecimal digits, empty when unknown.
template <class Tag>
struct Id {
  IdText hex;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return !hex.empty(); }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(hex);
  }
};

using NodeId = Id<struct NodeTag>;          // lives in the state file, beside the promise
using SentinelId = Id<struct SentinelTag>;  // lives in the state file, beside the vote
using RunId = Id<struct RunTag>;            // new at each start of a process: the hash of its secret
using ClusterId = Id<struct ClusterTag>;    // made by the first promotion

// Where a process can be reached. Names are resolved at each connect.
struct Address {
  std::string host;
  uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(host, port);
  }
};

// "host:port", with brackets around an IPv6 literal.
std::string to_string(const Address& address);

}  // namespace onggi

template <class Tag>
struct std::hash<onggi::Strong<Tag>> {
  size_t operator()(const onggi::Strong<Tag>& s) const noexcept { return std::hash<uint64_t>{}(s.value); }
};
template <class Tag>
struct std::hash<onggi::Id<Tag>> {
  size_t operator()(const onggi::Id<Tag>& id) const noexcept { return std::hash<std::string_view>{}(id.hex); }
};
