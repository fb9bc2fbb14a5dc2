// SPDX-License-Identifier: Apache-2.0
// A hash of the bits of a front end's features for a synthetic recording. The unit test compares it with
// stored values, tests/cross between machines and compilers.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pupil/edge/log_mel.h"

namespace pupil::edge {

/// Two seconds at 16 kHz of integer arithmetic alone: noise that swells, a buzz, a click, digital silence, a
/// clipped stretch and a whisper near the smallest floats.
inline std::vector<float> hash_recording() {
  std::vector<float> samples(32000);
  std::uint32_t random = 12345;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    random = random * 1664525U + 1013904223U;
    const auto noise = static_cast<std::int32_t>(random >> 16) - 32768;
    const auto buzz = static_cast<std::int32_t>(i * 40503U % 65536U) - 32768;
    const auto swell = static_cast<std::int32_t>(i % 8000);
    samples[i] = static_cast<float>(noise / 8000 * swell + buzz / 4) / 32768.0F;
    if (i % 4000 == 1234) samples[i] = 1.0F;
    if (i >= 9000 && i < 11000) samples[i] = 0.0F;
    if (i >= 20000 && i < 22000) samples[i] = noise > 0 ? 1.0F : -1.0F;
    if (i >= 26000 && i < 28000) samples[i] = static_cast<float>(noise) * 1e-38F;
  }
  return samples;
}

/// FNV-1a over the bytes, lowest first.
inline std::uint64_t hash_of(const std::vector<float>& values) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const float value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (bits >> shift & 0xffU)) * 0x100000001b3U;
  }
  return hash;
}

/// Of the frames of hash_recording(); 0 if the front end refuses.
inline std::uint64_t feature_hash(const LogMelOptions& options, KernelSet kernels = KernelSet::automatic) {
  const std::vector<float> samples = hash_recording();
  const auto mel_count = static_cast<std::size_t>(options.mel_count);
  std::vector<std::byte> state(LogMel::state_bytes(options, kernels));
  std::vector<float> frames(
      mel_count * static_cast<std::size_t>(frame_count(options, static_cast<std::int64_t>(samples.size()))));
  const std::span<float> out(frames);
  std::int32_t pushed = 0;
  std::int32_t finished = 0;
  LogMel log_mel;
  if (log_mel.init(options, state, kernels) != Status::ok ||
      log_mel.push(samples, out, &pushed) != Status::ok ||
      log_mel.finish(out.subspan(static_cast<std::size_t>(pushed) * mel_count), &finished) != Status::ok) {
    return 0;
  }
  return hash_of(frames);
}

}  // namespace pupil::edge
