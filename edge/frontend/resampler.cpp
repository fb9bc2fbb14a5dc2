// SPDX-License-Identifier: Apache-2.0
// A polyphase filter. Output n lies at input position n * down / up: between the inputs at floor(...) and the next one,
// phase (n * down) mod up of the way. Its `half` inputs to the left and to the right, times the table's row of that
// phase, are summed.
//
// 1. history_ holds the latest 2 * half inputs at [newest_, newest_ + 2 * half), oldest first: each input is
//    written at newest_ and at newest_ + 2 * half, and newest_ goes round. Before the clip there are zeros.
// 2. After input number i (from 0) the outputs whose right-most input is i are written: those with
//    floor(position) + half == i.
// 3. The table is made of doubles by operations that are IEEE's alone, and rounded once; a row sums to 1 before the
//    rounding, so that silence with an offset stays one number. Sums are four lanes, in one order: the bits are the
//    same everywhere.

#include "pupil/edge/resampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frontend/carving.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

constexpr std::int32_t kLowestHz = 1000;
constexpr std::int32_t kHighestHz = 768000;
constexpr std::int64_t kPeriods = 64;  // of the lower rate, to each side
constexpr double kBeta = 9.0;          // of the Kaiser window: 90 dB
// Half of the band between pass and stop, in the lower rate's half: what that window of that length has.
constexpr double kHalfTransition = 0.0455;
constexpr std::size_t kMostTableBytes = std::size_t{8} << 20;

struct Ratio {
  std::int64_t up = 0;  // 0: rates out of range
  std::int64_t down = 0;
  std::int32_t half = 0;
  std::size_t table_floats = 0;
};

Ratio ratio_of(std::int32_t from_hz, std::int32_t to_hz) {
  const auto in_range = [](std::int32_t hz) { return hz >= kLowestHz && hz <= kHighestHz; };
  if (!in_range(from_hz) || !in_range(to_hz)) return {};
  const std::int32_t common = std::gcd(from_hz, to_hz);
  Ratio ratio{.up = to_hz / common, .down = from_hz / common};
  // In periods of the input, up to a multiple of two: rows are whole vectors.
  const std::int64_t inputs =
      ratio.down > ratio.up ? (kPeriods * ratio.down + ratio.up - 1) / ratio.up : kPeriods;
  ratio.half = static_cast<std::int32_t>((inputs + 1) / 2 * 2);
  ratio.table_floats = static_cast<std::size_t>(ratio.up) * 2 * static_cast<std::size_t>(ratio.half);
  return ratio.table_floats * sizeof(float) <= kMostTableBytes ? ratio : Ratio{};
}

// The modified Bessel function I0, by its series in (x / 2)^2.
double bessel(double quarter_square) {
  double sum = 1.0;
  double term = 1.0;
  for (int n = 1; n <= 40; ++n) {
    term = term * quarter_square / (static_cast<double>(n) * static_cast<double>(n));
    sum += term;
  }
  return sum;
}

// sin(pi * x) / (pi * x) for x = numerator / denominator.
double sinc(std::int64_t numerator, std::int64_t denominator) {
  constexpr double kPi = 3.14159265358979323846;
  if (numerator == 0) return 1.0;
  const double x = static_cast<double>(numerator) / static_cast<double>(denominator);
  return sin_of_turn(numerator, 2 * denominator) / (kPi * x);
}

// The filter's weight of the input that lies `distance` / up input periods from the output; not yet scaled.
double weight(const Ratio& ratio, std::int64_t distance) {
  // The cut-off as a fraction: (1 - kHalfTransition) of the lower rate.
  constexpr std::int64_t kFine = 10000;
  constexpr auto kCut = static_cast<std::int64_t>((1.0 - kHalfTransition) * kFine);
  const std::int64_t slower = std::max(ratio.up, ratio.down);
  const double place =
      static_cast<double>(distance) / (static_cast<double>(ratio.half) * static_cast<double>(ratio.up));
  const double inside = 1.0 - place * place;
  if (inside <= 0.0) return 0.0;
  return sinc(distance * kCut, slower * kFine) * bessel(kBeta * kBeta * 0.25 * inside);
}

// Over a multiple of four. In four lanes (SSE2, NEON or WebAssembly registers, or plain floats where there are none).
float product_sum(const float* a, const float* b, std::int32_t count) {
  using Lanes = float __attribute__((vector_size(16)));
  Lanes sum = {};
  for (std::int32_t i = 0; i < count; i += 4) {
    Lanes x, y;
    __builtin_memcpy(&x, a + i, sizeof(x));
    __builtin_memcpy(&y, b + i, sizeof(y));
    sum = sum + x * y;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace

std::size_t Resampler::state_bytes(std::int32_t from_hz, std::int32_t to_hz) noexcept {
  const Ratio ratio = ratio_of(from_hz, to_hz);
  if (ratio.up == 0) return 0;
  return (ratio.table_floats + 4 * static_cast<std::size_t>(ratio.half)) * sizeof(float) + alignof(float);
}

Status Resampler::init(std::int32_t from_hz, std::int32_t to_hz, std::span<std::byte> state) noexcept {
  const Ratio ratio = ratio_of(from_hz, to_hz);
  if (ratio.up == 0) return Status::bad_argument;
  if (state.size() < state_bytes(from_hz, to_hz)) return Status::arena_too_small;
  up_ = ratio.up;
  down_ = ratio.down;
  half_ = ratio.half;
  table_ = reinterpret_cast<float*>(align_up(state.data(), alignof(float)));
  history_ = table_ + ratio.table_floats;
  for (std::int64_t phase = 0; phase < up_; ++phase) {
    // Input j of a row lies (j - half + 1) periods right of the input at the output's left.
    const auto at = [&](std::int32_t j) { return weight(ratio, std::int64_t{j - half_ + 1} * up_ - phase); };
    double sum = 0.0;
    for (std::int32_t j = 0; j < 2 * half_; ++j) sum += at(j);
    float* const row = table_ + phase * 2 * half_;
    for (std::int32_t j = 0; j < 2 * half_; ++j) row[j] = static_cast<float>(at(j) / sum);
  }
  reset();
  return Status::ok;
}

void Resampler::reset() noexcept {
  newest_ = 0;
  input_count_ = 0;
  output_count_ = 0;
  if (history_ != nullptr) std::fill_n(history_, 4 * half_, 0.0F);
}

// Outputs at positions below `input_count`.
std::int64_t Resampler::outputs_of(std::int64_t input_count) const noexcept {
  return input_count <= 0 ? 0 : (input_count * up_ + down_ - 1) / down_;
}

std::int64_t Resampler::push_count(std::int64_t sample_count) const noexcept {
  return up_ == 0 ? 0 : outputs_of(input_count_ + sample_count - half_) - output_count_;
}

std::int64_t Resampler::finish_count() const noexcept {
  return up_ == 0 ? 0 : outputs_of(input_count_) - output_count_;
}

void Resampler::take(float sample, float** output) noexcept {
  const std::int32_t length = 2 * half_;
  history_[newest_] = sample;
  history_[newest_ + length] = sample;
  newest_ = newest_ + 1 == length ? 0 : newest_ + 1;
  ++input_count_;
  while (output_count_ < outputs_of(input_count_ - half_)) {
    const float* const row = table_ + output_count_ * down_ % up_ * length;
    *(*output)++ = product_sum(history_ + newest_, row, length);
    ++output_count_;
  }
}

Status Resampler::push(std::span<const float> samples, std::span<float> output,
                       std::size_t* written) noexcept {
  const auto count = static_cast<std::size_t>(push_count(static_cast<std::int64_t>(samples.size())));
  if (up_ == 0 || output.size() < count) return Status::bad_argument;
  float* to = output.data();
  for (const float sample : samples) take(std::abs(sample) < INFINITY ? sample : 0.0F, &to);
  *written = count;
  return Status::ok;
}

Status Resampler::finish(std::span<float> output, std::size_t* written) noexcept {
  const auto count = static_cast<std::size_t>(finish_count());
  if (up_ == 0 || output.size() < count) return Status::bad_argument;
  float* to = output.data();
  // Exactly so many: the last of them is right-most for the last output before the clip's end.
  for (std::int32_t i = 0; i < half_; ++i) take(0.0F, &to);
  *written = count;
  reset();
  return Status::ok;
}

}  // namespace pupil::edge
