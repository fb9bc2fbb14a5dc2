// SPDX-License-Identifier: Apache-2.0
// Logits to scores. The exponential is our own: a library's differs from machine to machine in its last bit.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "pupil/edge/network.h"

namespace pupil::edge {

namespace {

// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, highest power first (the coefficients of Cephes' expf).
constexpr float kExpPolynomial[] = {1.9875691500e-4F, 1.3981999507e-3F, 8.3334519073e-3F,
                                    4.1665795894e-2F, 1.6666665459e-1F, 5.0000001201e-1F};

/// e^x for x in [-87, 88], which bounds it; relative error below 2e-7. Float32 operations in this order
/// alone.
float exponential(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;  // few bits, so that n * high is exact
  constexpr float kLn2Low = -2.12194440e-4F;
  const float bounded = x < -87.0F ? -87.0F : x > 88.0F ? 88.0F : x;
  const float shifted = bounded * kLog2E + 128.5F;
  const std::int32_t n = static_cast<std::int32_t>(shifted) - 128;  // shifted > 0: truncation is floor
  const float whole = static_cast<float>(n);
  const float r = (bounded - whole * kLn2High) - whole * kLn2Low;
  float p = kExpPolynomial[0];
  for (std::size_t i = 1; i < std::size(kExpPolynomial); ++i) p = p * r + kExpPolynomial[i];
  const float e = (p * (r * r) + r) + 1.0F;
  return e * std::bit_cast<float>(static_cast<std::uint32_t>(n + 127) << 23);
}

// Finite, whatever a file's scales make of a logit; NaN counts as the lowest.
float bounded(float x) {
  constexpr float kHighest = 1e30F;
  const float above = x > -kHighest ? x : -kHighest;
  return above < kHighest ? above : kHighest;
}

void softmax(std::span<float> z) {
  float highest = z[0];
  for (const float x : z) highest = x > highest ? x : highest;
  float total = 0.0F;
  for (float& x : z) {
    x = exponential(x - highest);
    total += x;
  }
  for (float& x : z) x = x / total;
}

}  // namespace

void scores_from_logits(const Model& model, std::span<const float> logits, std::span<float> scores) noexcept {
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const auto index = static_cast<std::int32_t>(k);
    const float scaled = logits[k] * model.calibration_gain(index);
    scores[k] = bounded(scaled + model.calibration_offset(index));
  }
  if (model.score_kind() == ScoreKind::softmax) softmax(scores);
  if (model.score_kind() == ScoreKind::sigmoid) {
    for (float& x : scores) x = 1.0F / (1.0F + exponential(-x));
  }
}

}  // namespace pupil::edge
