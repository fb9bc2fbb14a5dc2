// CRC-32 (IEEE 802.3, reflected, as in zlib and PNG): tells a damaged model file from a good one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pupil::edge {

/// checksum("123456789") is 0xCBF43926. For bytes that come in pieces, `before` is the checksum of what came
/// earlier.
std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

}  // namespace pupil::edge
