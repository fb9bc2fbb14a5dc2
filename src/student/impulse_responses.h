// SPDX-License-Identifier: Apache-2.0
// Measured impulse responses of microphones: sound as another device would have recorded it. For training on more devices than
// were recorded ([train] impulse_responses) and for measuring what another device costs (evaluation/microphones.h).

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace pupil::student {

/// Never changes once made. Threads: any number.
class ImpulseResponses {
 public:
  ImpulseResponses() = default;

  /// Each at kTrainingRateHz, any length. Kept of each: from 1 ms before its peak until less than 1/10,000 of its energy is
  /// left, at most 32 ms; scaled so that white noise keeps its power. Error: one is silent or not finite; the message
  /// has its index.
  explicit ImpulseResponses(const std::vector<std::vector<float>>& responses);

  bool empty() const { return responses_.empty(); }
  std::size_t size() const { return responses_.size(); }

  /// `audio` as response `i` passes it on, in place; what would come behind its end is cut.
  void apply(std::size_t i, std::span<float> audio) const;

  /// SHA-256 over what is kept; empty where there are none.
  const std::string& hash() const { return hash_; }

 private:
  std::vector<std::vector<float>> responses_;
  std::string hash_;
};

}  // namespace pupil::student
