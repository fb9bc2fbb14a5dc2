// SPDX-License-Identifier: Apache-2.0
// Most of a triangle's weights are 0, so the bank holds the others alone: a frame costs two products per FFT
// bin and not mel_count of them.
//
// Packed bank: for every triangle, and for as many empty ones as round their count up to a multiple of four,
// a Range; then the weights of all triangles in order, each triangle's filled up with zeros to whole vectors.

#include "frontend/mel_bank.h"

#include "frontend/lanes.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

struct Range {
  std::int32_t first_bin;
  std::int32_t vector_count;
};

constexpr std::int32_t round_up_to_four(std::int32_t count) noexcept {
  return (count + 3) / 4 * 4;
}

// Slaney's scale: 3 mel per 200 Hz up to 1 kHz (15 mel), then 27 mel per factor 6.4.
constexpr double kSlaneyKneeHz = 1000.0;
constexpr double kSlaneyKneeMel = 15.0;
constexpr double kSlaneyHzPerMel = 200.0 / 3.0;
constexpr double kSlaneyFactor = 6.4;
constexpr double kSlaneyMelPerFactor = 27.0;
// The logarithmic scales: mel = k log(1 + f / 700), k chosen so that 1000 Hz is about 1000 mel.
constexpr double kMelKneeHz = 700.0;
constexpr double kHtkMelPerDecade = 2595.0;
constexpr double kKaldiMelPerNeper = 1127.0;

double hz_to_mel(MelScale scale, double hz) noexcept {
  switch (scale) {
    case MelScale::slaney:
      if (hz < kSlaneyKneeHz) return hz / kSlaneyHzPerMel;
      return kSlaneyKneeMel + table_ln(hz / kSlaneyKneeHz) / table_ln(kSlaneyFactor) * kSlaneyMelPerFactor;
    case MelScale::htk: return kHtkMelPerDecade * table_ln(1.0 + hz / kMelKneeHz) / table_ln(10.0);
    case MelScale::kaldi: break;
  }
  return kKaldiMelPerNeper * table_ln(1.0 + hz / kMelKneeHz);
}

double mel_to_hz(MelScale scale, double mel) noexcept {
  if (scale == MelScale::htk) return kMelKneeHz * (table_exp(mel * table_ln(10.0) / kHtkMelPerDecade) - 1.0);
  if (mel < kSlaneyKneeMel) return mel * kSlaneyHzPerMel;
  return kSlaneyKneeHz * table_exp((mel - kSlaneyKneeMel) * table_ln(kSlaneyFactor) / kSlaneyMelPerFactor);
}

double bin_position(const LogMelOptions& options, std::int32_t bin) noexcept {
  const double hz = static_cast<double>(options.sample_rate_hz) * bin / options.fft_samples;
  return options.scale == MelScale::kaldi ? hz_to_mel(options.scale, hz) : hz;
}

// Where the triangle's bins begin; bins rise, so the search ends at the first one above it.
Range weighted_range(const LogMelOptions& options, const MelTriangle& triangle) noexcept {
  Range range{0, 0};
  std::int32_t end = 0;
  for (std::int32_t bin = 0; bin < bin_count(options) && bin_position(options, bin) < triangle.upper; ++bin) {
    if (mel_weight(options, triangle, bin) <= 0.0) continue;
    if (end == 0) range.first_bin = bin;
    end = bin + 1;
  }
  if (end > 0) range.vector_count = (end - range.first_bin + 3) / 4;
  return range;
}

}  // namespace

MelTriangle mel_triangle(const LogMelOptions& options, std::int32_t mel) noexcept {
  const double low = hz_to_mel(options.scale, static_cast<double>(options.low_hz));
  const double high = hz_to_mel(options.scale, static_cast<double>(options.high_hz));
  const double step = (high - low) / (options.mel_count + 1);
  MelTriangle triangle{low + step * mel, low + step * (mel + 1), low + step * (mel + 2), 1.0};
  if (options.scale != MelScale::kaldi) {
    triangle.lower = mel_to_hz(options.scale, triangle.lower);
    triangle.centre = mel_to_hz(options.scale, triangle.centre);
    triangle.upper = mel_to_hz(options.scale, triangle.upper);
  }
  if (options.norm == MelNorm::area) triangle.height = 2.0 / (triangle.upper - triangle.lower);
  return triangle;
}

double mel_weight(const LogMelOptions& options, const MelTriangle& triangle, std::int32_t bin) noexcept {
  if (options.scale == MelScale::kaldi && bin == bin_count(options) - 1) return 0.0;
  const double position = bin_position(options, bin);
  const double rising = (position - triangle.lower) / (triangle.centre - triangle.lower);
  const double falling = (triangle.upper - position) / (triangle.upper - triangle.centre);
  const double side = rising < falling ? rising : falling;
  return side > 0.0 ? side * triangle.height : 0.0;
}

std::size_t mel_bank_bytes(const LogMelOptions& options) noexcept {
  // Neighbours overlap by half, so a bin is under two triangles at most; rounding adds at most three per
  // triangle.
  const auto weights = static_cast<std::size_t>(2 * bin_count(options) + 3 * options.mel_count);
  const std::size_t weight_bytes = options.precision == Precision::high ? sizeof(double) : sizeof(float);
  return static_cast<std::size_t>(round_up_to_four(options.mel_count)) * sizeof(Range) +
         weights * weight_bytes;
}

template <typename Real>
void build_mel_bank(const LogMelOptions& options, std::byte* bank) noexcept {
  auto* range = reinterpret_cast<Range*>(bank);
  auto* weight = reinterpret_cast<Real*>(range + round_up_to_four(options.mel_count));
  for (std::int32_t mel = 0; mel < round_up_to_four(options.mel_count); ++mel, ++range) {
    *range = {0, 0};
    if (mel >= options.mel_count) continue;
    const MelTriangle triangle = mel_triangle(options, mel);
    *range = weighted_range(options, triangle);
    for (std::int32_t i = 0; i < 4 * range->vector_count; ++i) {
      const std::int32_t bin = range->first_bin + i;
      *weight++ = bin < bin_count(options) ? static_cast<Real>(mel_weight(options, triangle, bin)) : Real{0};
    }
  }
}

// Four triangles at a time, whose four partial sums are then transposed: lane i of the result belongs to
// triangle i. The last vector of a triangle may read up to three bins past the spectrum (kPowerSlack),
// times 0.
template <typename Real>
void mel_power(std::int32_t mel_count, const std::byte* bank, const Real* power, float* mel) noexcept {
  const auto* range = reinterpret_cast<const Range*>(bank);
  const auto* weight = reinterpret_cast<const Real*>(range + round_up_to_four(mel_count));
  for (std::int32_t i = 0; i < mel_count; i += 4) {
    typename LanesOf<Real>::Type sums[4];
    for (auto& sum : sums) {
      const Real* from = power + range->first_bin;
      sum = splat(Real{0});
      for (std::int32_t v = 0; v < range->vector_count; ++v, from += 4, weight += 4) {
        sum = sum + load(weight) * load(from);
      }
      ++range;
    }
    transpose(sums[0], sums[1], sums[2], sums[3]);
    LanesOf<Real>::to_floats(mel + i, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

template void build_mel_bank<float>(const LogMelOptions&, std::byte*) noexcept;
template void build_mel_bank<double>(const LogMelOptions&, std::byte*) noexcept;
template void mel_power(std::int32_t, const std::byte*, const float*, float*) noexcept;
template void mel_power(std::int32_t, const std::byte*, const double*, float*) noexcept;

Status mel_filterbank(const LogMelOptions& options, std::span<double> weights) noexcept {
  const auto wanted =
      static_cast<std::size_t>(options.mel_count) * static_cast<std::size_t>(bin_count(options));
  if (LogMel::state_bytes(options) == 0 || weights.size() != wanted) return Status::bad_argument;
  double* weight = weights.data();
  for (std::int32_t mel = 0; mel < options.mel_count; ++mel) {
    const MelTriangle triangle = mel_triangle(options, mel);
    for (std::int32_t bin = 0; bin < bin_count(options); ++bin)
      *weight++ = mel_weight(options, triangle, bin);
  }
  return Status::ok;
}

}  // namespace pupil::edge
