// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/mfcc.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/text.h"

namespace pupil::evaluation {
namespace {

// The slope of a series by regression over t - 2 .. t + 2: sum of i (x[t+i] - x[t-i]) / 10.
std::vector<float> slopes(std::span<const float> series, std::size_t columns) {
  const auto last = static_cast<std::ptrdiff_t>(series.size() / columns) - 1;
  const auto at = [&](std::ptrdiff_t t, std::size_t c) {
    return series[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(t, 0, last)) * columns + c];
  };
  std::vector<float> result(series.size());
  for (std::ptrdiff_t t = 0; t <= last; ++t) {
    for (std::size_t c = 0; c < columns; ++c) {
      result[static_cast<std::size_t>(t) * columns + c] =
          (at(t + 1, c) - at(t - 1, c) + 2 * (at(t + 2, c) - at(t - 2, c))) / 10;
    }
  }
  return result;
}

std::vector<double> means(std::span<const float> series, std::size_t columns) {
  std::vector<double> result(columns, 0.0);
  for (std::size_t i = 0; i < series.size(); ++i) result[i % columns] += series[i];
  for (double& mean : result) mean /= static_cast<double>(series.size() / columns);
  return result;
}

void write_deviations(std::span<const float> series, std::span<float> deviations) {
  const std::size_t columns = deviations.size();
  const std::vector<double> mean = means(series, columns);
  std::vector<double> squares(columns, 0.0);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double gap = series[i] - mean[i % columns];
    squares[i % columns] += gap * gap;
  }
  for (std::size_t c = 0; c < columns; ++c) {
    deviations[c] = static_cast<float>(std::sqrt(squares[c] / static_cast<double>(series.size() / columns)));
  }
}

}  // namespace

MfccStatistics::MfccStatistics(std::int32_t mel_count, std::int32_t coefficient_count)
    : mel_count_(mel_count), coefficient_count_(coefficient_count) {
  if (coefficient_count < 1 || coefficient_count > mel_count) {
    throw Error(concat("mfcc: ", coefficient_count, " coefficients of ", mel_count, " mel bins"));
  }
  for (std::int32_t m = 0; m < mel_count; ++m) {
    for (std::int32_t j = 0; j < coefficient_count; ++j) {
      const double scale = std::sqrt((j == 0 ? 1.0 : 2.0) / mel_count);
      basis_.push_back(static_cast<float>(scale * std::cos(std::numbers::pi * j * (m + 0.5) / mel_count)));
    }
  }
}

std::vector<float> MfccStatistics::coefficients(std::span<const float> frames) const {
  const auto bins = static_cast<std::size_t>(mel_count_);
  const auto columns = static_cast<std::size_t>(coefficient_count_);
  if (frames.size() % bins != 0) throw Error(concat("mfcc: the frames are not ", bins, " bins wide"));
  std::vector<float> result(frames.size() / bins * columns, 0.0F);
  for (std::size_t t = 0; t < frames.size() / bins; ++t) {
    float* row = &result[t * columns];
    for (std::size_t m = 0; m < bins; ++m) {
      const float power = frames[t * bins + m];
      for (std::size_t c = 0; c < columns; ++c) row[c] += power * basis_[m * columns + c];
    }
  }
  return result;
}

void MfccStatistics::write(std::span<const float> frames, std::span<float> features) const {
  if (frames.empty()) throw Error("mfcc: a window without frames");
  if (features.size() != static_cast<std::size_t>(feature_count()))
    throw Error("mfcc: wrong number of features");
  const auto columns = static_cast<std::size_t>(coefficient_count_);
  const std::vector<float> series = coefficients(frames);
  const std::vector<double> mean = means(series, columns);
  std::transform(mean.begin(), mean.end(), features.begin(),
                 [](double value) { return static_cast<float>(value); });
  const std::vector<float> slope = slopes(series, columns);
  write_deviations(series, features.subspan(columns, columns));
  write_deviations(slope, features.subspan(2 * columns, columns));
  write_deviations(slopes(slope, columns), features.subspan(3 * columns, columns));
}

}  // namespace pupil::evaluation
