// SPDX-License-Identifier: Apache-2.0
// Mel-frequency cepstral coefficients and what is kept of them for a window: the features of the classical
// baselines. They start from the frames of the one front end, so that all that are compared get the same input.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::evaluation {

/// As many as are usual.
constexpr std::int32_t kMfccCoefficients = 20;

/// Per frame, the first coefficients of the orthonormal DCT-II over the F log-mel bins:
///   c_j = s_j sum_m x_m cos(pi j (m + 1/2) / F), s_0 = sqrt(1 / F), else sqrt(2 / F).
/// Per window, of every coefficient over the T frames: mean, standard deviation, and the standard deviations
/// of its slope (regression over 2 frames to either side, ends repeated) and of the slope's slope.
/// Threads: any number, after construction.
class MfccStatistics {
 public:
  /// `coefficient_count` 1 to mel_count, else Error.
  explicit MfccStatistics(std::int32_t mel_count, std::int32_t coefficient_count = kMfccCoefficients);

  std::int32_t coefficient_count() const { return coefficient_count_; }

  /// 4 per coefficient: all means, all deviations, those of the slopes, those of the slopes' slopes.
  std::int32_t feature_count() const { return 4 * coefficient_count_; }

  /// `frames` [T, mel_count], natural logarithm of power; returns [T, coefficient_count].
  std::vector<float> coefficients(std::span<const float> frames) const;

  /// One window: `frames` [T, mel_count], T >= 1; `features` [feature_count]. Error: no frames, wrong sizes.
  void write(std::span<const float> frames, std::span<float> features) const;

 private:
  std::int32_t mel_count_;
  std::int32_t coefficient_count_;
  std::vector<float> basis_;  ///< [mel_count, coefficient_count]
};

}  // namespace pupil::evaluation
