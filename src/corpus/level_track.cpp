// SPDX-License-Identifier: Apache-2.0
#include "corpus/level_track.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pupil::corpus {
namespace {

constexpr std::uint8_t kQuietest = 240;  // half decibels: kQuietestDbfs

const std::array<double, 256>& block_powers() {
  static const auto powers = [] {
    std::array<double, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = std::pow(10.0, -0.05 * static_cast<double>(i));
    return table;
  }();
  return powers;
}

std::uint8_t to_half_decibels(double power) {
  if (!(power > 1e-12)) return kQuietest;
  return static_cast<std::uint8_t>(std::clamp(std::lround(-20.0 * std::log10(power)), 0L, long{kQuietest}));
}

}  // namespace

double LevelTrack::span_dbfs(std::int64_t begin, std::int64_t end) const {
  end = std::min<std::int64_t>(end, std::ssize(blocks));
  if (begin >= end) return kQuietestDbfs;
  double power = 0;
  for (std::int64_t i = begin; i < end; ++i) power += block_powers()[blocks[static_cast<std::size_t>(i)]];
  return std::max(kQuietestDbfs, 10.0 * std::log10(power / static_cast<double>(end - begin)));
}

double LevelTrack::floor_dbfs() const {
  if (blocks.empty()) return kQuietestDbfs;
  // Stored values fall as levels rise, so the quietest tenth begins at the ninth of ten.
  std::array<std::size_t, 256> histogram{};
  for (const std::uint8_t value : blocks) ++histogram[value];
  std::size_t quieter = 0;
  std::size_t value = histogram.size();
  while (quieter * 10 <= blocks.size() && value > 0) quieter += histogram[--value];
  return std::max(kQuietestDbfs, -0.5 * static_cast<double>(value));
}

double LevelTrack::loudest_dbfs() const {
  return blocks.empty() ? kQuietestDbfs : -0.5 * *std::min_element(blocks.begin(), blocks.end());
}

LevelMeter::LevelMeter(std::int32_t sample_rate_hz)
    : dc_(sample_rate_hz),
      block_samples_(std::max<std::int64_t>(1, std::lround(kLevelBlockS * sample_rate_hz))) {}

void LevelMeter::push(std::span<const float> samples) {
  while (!samples.empty()) {
    const auto take =
        std::min<std::size_t>(samples.size(), static_cast<std::size_t>(block_samples_ - in_block_));
    double power = 0;
    for (const float sample : samples.first(take)) {
      const double value = dc_(sample);
      power += value * value;
      peak_ = std::max(peak_, std::abs(value));
    }
    power_ += power;
    in_block_ += static_cast<std::int64_t>(take);
    samples = samples.subspan(take);
    if (in_block_ == block_samples_) end_block();
  }
}

void LevelMeter::end_block() {
  track_.blocks.push_back(to_half_decibels(power_ / static_cast<double>(in_block_)));
  power_ = 0;
  in_block_ = 0;
}

LevelTrack LevelMeter::finish() {
  if (in_block_ > 0) end_block();
  peak_ = 0;
  return std::move(track_);
}

}  // namespace pupil::corpus
