// Sockets' addresses and options: thin names for system calls.
#pragma once

#include <string>
#include <string_view>

#include "common/fd.h"
#include "common/result.h"
#include "common/types.h"

struct sockaddr;

namespace onggi::net {

// A connected, non-blocking socket.
struct Socket {
  Fd fd;
  Address remote;
  Address local;
};

Address address_of(const sockaddr* address);
Address local_address(int fd);
Address remote_address(int fd);

// This host's address as `peer` would see it, by the routing table (nothing is sent); empty: not known.
std::string address_towards(const Address& peer);

void set_no_delay(int fd);
// Probes after `seconds` of silence, as Redis: then every third of it, three times. 0: off.
void set_keepalive(int fd, uint32_t seconds);
void set_non_blocking(int fd);

// A last word to a connection that is not taken: what the kernel has no room for at once is lost.
void send_last_word(const Fd& fd, std::string_view bytes);

// Lets this process have so many open files and sockets, or as many as it may; returns how many that are.
uint64_t raise_descriptor_limit(uint64_t wanted);
// How many clients there is room for beside the `own` files; with few in all, half for them and half for the rest.
uint32_t clients_that_fit(uint64_t files, uint64_t own);

// "why" of an errno, in words.
std::string error_text(int error);

}  // namespace onggi::net
