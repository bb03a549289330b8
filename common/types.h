// The words of the protocol as types: epochs, offsets, positions, ids, instants.
//
// Strong types, so that an offset can't be passed for an epoch, nor a wall-clock time for an instant. Nothing
// here reads a clock: instants are handed in by the drivers.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

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

// A random identity: 40 lower-case hexadecimal digits, empty when unknown.
template <class Tag>
struct Id {
  std::string hex;
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
  size_t operator()(const onggi::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.hex); }
};
