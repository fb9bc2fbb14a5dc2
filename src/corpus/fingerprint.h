// SPDX-License-Identifier: Apache-2.0
// An audio fingerprint for short clips: the same take is recognised when it comes re-encoded, trimmed or
// louder.
//
// Every 16 ms one 32-bit word: the signs of how the difference between neighbouring mel bands changed since a
// little earlier (after Haitsma and Kalker, "A highly robust audio fingerprinting system", 2002; shorter
// windows, for clips of half a second and up). Volume drops out; a codec turns few bits. Made from the front
// end's log-mel frames at 8 kHz, so that copies at any rate give the same.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pupil::corpus {

inline constexpr double kFingerprintFrameS = 0.016;

struct Fingerprint {
  std::vector<std::uint32_t> words;  ///< [T]; 0: the frame is too quiet to tell anything
  std::vector<std::uint32_t>
      weak_bits;  ///< [T], bits of `words` a codec may turn; not stored, empty when read back
  std::vector<std::uint32_t>
      landmarks;  ///< ascending frames where the spectrum changes most: a copy has them too

  /// Frames that tell something.
  std::int64_t telling_count() const;
};

/// Makes a Fingerprint from samples pushed in pieces. Memory: some 1000 bytes per second of audio.
class FingerprintMeter {
 public:
  explicit FingerprintMeter(std::int32_t sample_rate_hz);
  ~FingerprintMeter();

  /// `samples`: mono, full scale [-1, 1], any number.
  void push(std::span<const float> samples);

  /// Hands the fingerprint over; afterwards only destruction is allowed. No words for less than 0.2 s.
  Fingerprint finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The fingerprint of a whole clip.
Fingerprint fingerprint(std::span<const float> samples, std::int32_t sample_rate_hz);

/// How two fingerprints agree at one offset.
struct FingerprintMatch {
  double similarity =
      0;  ///< share of equal bits in frames where both tell something: 0.5 unrelated, 1 identical
  std::int64_t offset_frames = 0;  ///< frame t of the second is frame t + offset of the first
  std::int64_t common_frames = 0;  ///< frames that were compared
};

FingerprintMatch compare_at(const Fingerprint& a, const Fingerprint& b, std::int64_t offset_frames);

/// The best of all offsets with at least `min_common_frames`: the exact answer, in time of the product of
/// lengths.
FingerprintMatch compare(const Fingerprint& a, const Fingerprint& b, std::int64_t min_common_frames);

}  // namespace pupil::corpus
