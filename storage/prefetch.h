// Asks memory for the cache line at an address, without waiting for it.
//
// Not __builtin_prefetch alone: GCC 12 takes a function that does nothing but prefetch for one without effects, and
// drops the calls of it (Keyspace::prefetch had lost three of its four steps so). An empty volatile asm is an effect.
#pragma once

namespace onggi {

inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));
}

}  // namespace onggi
