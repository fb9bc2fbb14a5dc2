// SPDX-License-Identifier: Apache-2.0
// Half a byte a step: 64 bytes of table instead of 1 kB, for a sum that is made once per load.

#include "model/checksum.h"

#include <array>

namespace pupil::edge {

namespace {

constexpr std::array<std::uint32_t, 16> make_table() {
  std::array<std::uint32_t, 16> table{};
  for (std::uint32_t i = 0; i < 16; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 4; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 16> kTable = make_table();

}  // namespace

std::uint32_t checksum(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    crc = (crc >> 4) ^ kTable[crc & 15U];
    crc = (crc >> 4) ^ kTable[crc & 15U];
  }
  return ~crc;
}

}  // namespace pupil::edge
