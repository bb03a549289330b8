// What both programs of the benchmark need of the protocol: the end of a reply, a socket to a server on this machine.
//
// Deliberately not the product's own parser: the generator must cost little and be the same for every server.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace onggi::bench {

inline constexpr size_t kIncomplete = static_cast<size_t>(-1);

// The line from `at` holds a type and a number; sets `next` behind it. False: it is not complete.
inline bool number_line(std::string_view bytes, size_t at, int64_t& number, size_t& next) {
  size_t i = at + 1;
  const bool negative = i < bytes.size() && bytes[i] == '-';
  if (negative) i++;
  number = 0;
  while (i < bytes.size() && bytes[i] != '\r') number = number * 10 + (bytes[i++] - '0');
  if (i + 1 >= bytes.size()) return false;
  if (negative) number = -number;
  next = i + 2;
  return true;
}

// Where the value that begins at `at` ends, or kIncomplete.
inline size_t value_end(std::string_view bytes, size_t at) {
  uint64_t left = 1;
  while (left > 0) {
    if (at >= bytes.size()) return kIncomplete;
    const char type = bytes[at];
    if (type == '+' || type == '-' || type == ':') {
      const void* end = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
      if (end == nullptr) return kIncomplete;
      at = static_cast<size_t>(static_cast<const char*>(end) - bytes.data()) + 1;
      left--;
      continue;
    }
    int64_t number = 0;
    if (!number_line(bytes, at, number, at)) return kIncomplete;
    if (type == '*') {
      left += static_cast<uint64_t>(number < 0 ? 0 : number);
    } else if (number >= 0) {
      at += static_cast<size_t>(number) + 2;
      if (at > bytes.size()) return kIncomplete;
    }
    left--;
  }
  return at;
}

inline int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (fd >= 0) ::close(fd);
    return -1;
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

}  // namespace onggi::bench
