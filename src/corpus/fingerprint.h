// An audio fingerprint for short clips: the same take is recognised when it comes re-encoded, trimmed or
// louder.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::corpus {

/// One 32-bit word per frame: the signs of level differences between neighbouring bands and frames. Volume
/// drops out; a codec turns few bits.
struct Fingerprint {
  std::vector<std::uint32_t> words;
};

/// How alike two fingerprints are at the offset where they agree best.
struct FingerprintMatch {
  double similarity = 0;           ///< share of equal bits where they overlap: 0.5 unrelated, 1 identical
  std::int64_t offset_frames = 0;  ///< of `b` within `a`
  std::int64_t overlap_frames = 0;
};

/// Fingerprint of mono samples [L], full scale [-1, 1]. Empty for less than a quarter of a second.
Fingerprint fingerprint(std::span<const float> samples, std::int32_t sample_rate_hz);

/// Tries all offsets that overlap enough: the exact answer, in time of the product of lengths.
FingerprintMatch compare(const Fingerprint& a, const Fingerprint& b);

}  // namespace pupil::corpus
