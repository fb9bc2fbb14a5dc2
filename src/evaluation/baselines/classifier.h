// SPDX-License-Identifier: Apache-2.0
// What every classical baseline can do once it is trained.

#pragma once

#include <cstdint>
#include <span>

namespace pupil::evaluation {

class Classifier {
 public:
  virtual ~Classifier() = default;

  /// One window: `features` [D] -> `scores` [K], 0 to 1, higher is surer, for its own classes comparable.
  /// A class without training windows scores 0.
  virtual void score(std::span<const float> features, std::span<float> scores) const = 0;

  /// Of the file its library writes: text for the libraries used here, so larger than it need be.
  virtual std::int64_t file_bytes() const = 0;

  /// The least that a device would have to hold: its numbers in float32 and 16-bit integers, no names.
  virtual std::int64_t packed_bytes() const = 0;
};

}  // namespace pupil::evaluation
