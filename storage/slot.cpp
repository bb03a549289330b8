// The slot of a key: CRC16 as Redis Cluster takes it (polynomial 0x1021, XMODEM), eight bytes a step by eight tables
// (slicing: Kounavis and Berry, "A systematic approach to building high performance software-based CRC generators").
#include <array>
#include <cstdint>
#include <string_view>

#include "storage/store.h"

namespace onggi {

namespace {

constexpr size_t kSlices = 8;
using Tables = std::array<std::array<uint16_t, 256>, kSlices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint16_t crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; bit++) crc = static_cast<uint16_t>((crc << 1) ^ ((crc & 0x8000) ? 0x1021 : 0));
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; slice++) {
    for (size_t byte = 0; byte < 256; byte++) {
      const uint16_t crc = tables[slice - 1][byte];
      tables[slice][byte] = static_cast<uint16_t>((crc << 8) ^ tables[0][crc >> 8]);
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint16_t crc16(std::string_view bytes) {
  const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  uint16_t crc = 0;
  for (; left >= 8; left -= 8, at += 8) {
    crc = static_cast<uint16_t>(kTables[7][at[0] ^ (crc >> 8)] ^ kTables[6][at[1] ^ (crc & 0xff)] ^ kTables[5][at[2]] ^
                                kTables[4][at[3]] ^ kTables[3][at[4]] ^ kTables[2][at[5]] ^ kTables[1][at[6]] ^
                                kTables[0][at[7]]);
  }
  for (; left > 0; left--, at++) crc = static_cast<uint16_t>((crc << 8) ^ kTables[0][(crc >> 8) ^ *at]);
  return crc;
}

}  // namespace

uint16_t slot_of(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % kSlots;
}

}  // namespace onggi
