// SPDX-License-Identifier: Apache-2.0
// Clips whose windows were changed (noise mixed in, another microphone), decided on again by the model as the device runs it.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>

#include "evaluation/split_scores.h"
#include "metrics/bootstrap.h"

namespace pupil::evaluation {

enum class MeteredClips { all, reported };  ///< reported: those alone whose class the model reports

/// The clips of a split whose class is known: by a given label, else by the teacher's decision. Keeps references to what it
/// is given.
class ClipMeter {
 public:
  ClipMeter(const student::TrainingSet& set, const SplitScores& split, const SplitClips& clips,
            DeviceNetwork& network, MeteredClips which);

  /// Changes the audio of one of the set's windows, [window_samples] in [-1, 1].
  using Change = std::function<void(std::int64_t window, std::span<float> audio)>;

  struct Outcome {
    metrics::Interval accuracy;  ///< of clips, among all classes
    double strongest_reported =
        0;  ///< share of clips whose class is the strongest of those that are reported
  };
  /// A clip is the mean of its windows.
  Outcome measure(const Change& change);

  std::int64_t clip_count() const { return std::ssize(known_); }
  bool contains(std::int32_t clip) const { return known_.contains(clip); }
  /// Some clip is judged by a given label; the others by the teacher's decision.
  bool against_truth() const { return against_truth_; }

 private:
  struct Known {
    std::int32_t reference = 0;  // class
    std::int64_t recording = 0;
  };

  const student::TrainingSet& set_;
  const SplitScores& split_;
  DeviceNetwork& network_;
  std::map<std::int32_t, Known> known_;  // by clip
  bool against_truth_ = false;
};

}  // namespace pupil::evaluation
