// SPDX-License-Identifier: Apache-2.0
// The latest audio of a source, for clips that begin before their event.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace pupil::listen {

/// Samples are addressed by their count since reset(). Memory: the capacity, from the start.
class AudioRing {
 public:
  explicit AudioRing(std::int64_t capacity_samples) : samples_(static_cast<std::size_t>(capacity_samples)) {}

  void reset() { end_ = 0; }

  void push(std::span<const std::int16_t> samples) {
    for (const std::int16_t sample : samples)
      samples_[static_cast<std::size_t>(end_++) % samples_.size()] = sample;
  }

  /// What is held: [begin, end).
  std::int64_t begin() const {
    return std::max<std::int64_t>(0, end_ - static_cast<std::int64_t>(samples_.size()));
  }
  std::int64_t end() const { return end_; }

  /// The samples of [from, to) that are held.
  std::vector<std::int16_t> copy(std::int64_t from, std::int64_t to) const {
    std::vector<std::int16_t> out;
    for (std::int64_t i = std::max(from, begin()); i < std::min(to, end_); ++i)
      out.push_back(samples_[static_cast<std::size_t>(i) % samples_.size()]);
    return out;
  }

 private:
  std::vector<std::int16_t> samples_;
  std::int64_t end_ = 0;
};

}  // namespace pupil::listen
