// SPDX-License-Identifier: Apache-2.0
// Triangles rise, and so do the bins under them: where one's bins begin, the search for the next one's does.

#include "frontend/mel_bank.h"

#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

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

// Neighbouring triangles that go side by side.
struct Group {
  MelTriangle triangle[kMostTriangles];
  std::int32_t first_bin[kMostTriangles];  // 0 for one without bins
  std::int32_t triangles = 0;              // fewer than asked for in the last groups
  std::int32_t vectors = 0;                // of the one with the most bins
};

// Makes the groups of a bank one after the other.
class Grouping {
 public:
  Grouping(const LogMelOptions& options, std::int32_t triangles) noexcept
      : options_(options), triangles_(triangles) {}

  // Whole fours.
  std::int32_t count() const noexcept {
    return (options_.mel_count + 4 * triangles_ - 1) / (4 * triangles_) * 4;
  }

  Group next() noexcept {
    Group group{};
    for (; group.triangles < triangles_ && mel_ < options_.mel_count; ++mel_, ++group.triangles) {
      const MelTriangle triangle = mel_triangle(options_, mel_);
      std::int32_t first = 0;
      std::int32_t end = 0;
      for (std::int32_t bin = search_from_; bin < bin_count(options_); ++bin) {
        if (bin_position(options_, bin) >= triangle.upper) break;
        if (mel_weight(options_, triangle, bin) <= 0.0) continue;
        if (end == 0) first = bin;
        end = bin + 1;
      }
      if (end > 0) search_from_ = first;
      const std::int32_t vectors = (end - first + 3) / 4;
      if (vectors > group.vectors) group.vectors = vectors;
      group.triangle[group.triangles] = triangle;
      group.first_bin[group.triangles] = first;
    }
    return group;
  }

 private:
  const LogMelOptions& options_;
  std::int32_t triangles_;
  std::int32_t mel_ = 0;
  std::int32_t search_from_ = 0;
};

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

MelBankSize mel_bank_size(const LogMelOptions& options, std::int32_t triangles) noexcept {
  MelBankSize size;
  Grouping grouping(options, triangles);
  size.groups = grouping.count() * (triangles + 1);
  for (std::int32_t g = 0; g < grouping.count(); ++g) {
    const Group group = grouping.next();
    size.weights += group.vectors * 4 * triangles;
    for (const std::int32_t first : group.first_bin) {
      const std::int32_t past = first + 4 * group.vectors - bin_count(options);
      if (past > size.power_slack) size.power_slack = past;
    }
  }
  return size;
}

template <typename Real>
void build_mel_bank(const LogMelOptions& options, std::int32_t triangles, std::int32_t* groups,
                    Real* weights) noexcept {
  Grouping grouping(options, triangles);
  for (std::int32_t g = 0; g < grouping.count(); ++g) {
    const Group group = grouping.next();
    for (std::int32_t t = 0; t < triangles; ++t) *groups++ = group.first_bin[t];
    *groups++ = group.vectors;
    for (std::int32_t i = 0; i < group.vectors * 4 * triangles; ++i) {
      const std::int32_t t = i / 4 % triangles;
      const std::int32_t bin = group.first_bin[t] + i / (4 * triangles) * 4 + i % 4;
      const bool inside = t < group.triangles && bin < bin_count(options);
      *weights++ = inside ? static_cast<Real>(mel_weight(options, group.triangle[t], bin)) : Real{0};
    }
  }
}

template void build_mel_bank(const LogMelOptions&, std::int32_t, std::int32_t*, float*) noexcept;
template void build_mel_bank(const LogMelOptions&, std::int32_t, std::int32_t*, double*) noexcept;

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
