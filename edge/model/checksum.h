// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3, reflected, as in zlib and PNG): detects damaged model files.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pupil::edge {

/// checksum("123456789") is 0xCBF43926.
std::uint32_t checksum(std::span<const std::byte> bytes) noexcept;

}  // namespace pupil::edge
