// The bytes of a golden file, as docs/format.md describes them.

#pragma once

#include <array>
#include <cstdint>

namespace pupil::edge::golden_format {

// Stored in golden files; never change without raising kVersion.
constexpr std::array<unsigned char, 8> kMagic = {0x89, 'P', 'U', 'P', 'G', 'L', '\r', '\n'};
constexpr std::uint32_t kVersion = 1;
/// The checksum covers everything after itself.
constexpr std::uint32_t kChecksumStart = 20;
constexpr std::uint32_t kMaxWindows = 1024;

struct Header {
  std::array<unsigned char, 8> magic;
  std::uint32_t version;
  std::uint32_t file_bytes;
  std::uint32_t checksum;
  std::uint32_t model_checksum;
  std::uint32_t window_count;
  std::uint32_t sample_count;  // of a window
  std::uint32_t layer_count;
  std::uint32_t class_count;
  std::array<std::uint32_t, 2> reserved;  // 0
};
static_assert(sizeof(Header) == 48);

/// Bytes of one window: samples (filled up to a multiple of 4 bytes), checksums, logits, scores.
constexpr std::int64_t window_bytes(std::int64_t samples, std::int64_t layers, std::int64_t classes) {
  return (samples * 2 + 3) / 4 * 4 + 4 * (1 + layers) + 8 * classes;
}

}  // namespace pupil::edge::golden_format
