// SPDX-License-Identifier: Apache-2.0
// From the scores of one source and model to stretches of time, each class under its own rule. Samples are counted from
// the beginning of an uninterrupted stretch of audio.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "listen/listen_config.h"
#include "pupil/edge/model.h"

namespace pupil::listen {

/// What the device library's EventDetector finds (votes, hysteresis, bridged pauses), with rules per class, a minimum
/// length, cool-downs and quiet hours, and told while it begins. Threads: one at a time per object.
class EventTracker {
 public:
  struct Stretch {
    std::int32_t class_index = 0;
    std::int64_t onset_samples = 0;   ///< half a hop before the middle of the first window that voted
    std::int64_t offset_samples = 0;  ///< half a hop behind the middle of the latest that supported it
    float score = 0.0F;               ///< of the window that made it an event
    float peak_score = 0.0F;
    std::vector<float> peak_scores;  ///< [K], of the best window
  };

  /// `rules` [reported classes]. `model` outlives the tracker. A window of a model whose scores sum to 1 (softmax) votes
  /// for its best class at or above the threshold alone; of others for each such class.
  EventTracker(const edge::Model& model, std::vector<EventRule> rules, std::int64_t hop_samples);

  /// Takes the scores [K] of a window; `local_minute` (utc.h) decides about quiet hours. What began and what ended is in
  /// began() and ended() until the next call.
  void push(std::span<const float> scores, std::int64_t window_end_samples, int local_minute);

  /// Ends what goes on: the audio is interrupted, or over.
  void finish();

  std::span<const Stretch> began() const { return began_; }
  std::span<const Stretch> ended() const { return ended_; }
  /// An event of the class goes on and has been told of; null: none.
  const Stretch* current(std::int32_t class_index) const;
  bool any_current() const;

  std::span<const float> thresholds() const { return thresholds_; }  ///< [K]
  void set_threshold(std::int32_t class_index, float threshold) {
    thresholds_[static_cast<std::size_t>(class_index)] = threshold;
  }

 private:
  struct ClassState {
    std::uint32_t votes = 0;  // a bit per window, the latest lowest
    bool active = false;
    bool told = false;
    std::int64_t first_end = 0;  // of the first window that voted for what is active
    std::int64_t last_end = 0;   // of the latest window that supported it
    std::int64_t cool_until = 0;
    Stretch stretch;
  };

  bool is_quiet(std::size_t k, int local_minute) const;
  void take_vote(std::size_t k, bool voted, std::span<const float> scores, std::int64_t window_end);
  void update_stretch(ClassState& state) const;
  void end_class(std::size_t k);
  std::int64_t samples(double seconds) const;

  std::vector<EventRule> rules_;
  std::vector<std::vector<QuietHours>> quiet_;
  std::vector<float> thresholds_;
  std::vector<ClassState> states_;  // [reported]
  std::vector<Stretch> began_, ended_;
  bool one_class_;
  std::int64_t rate_hz_, window_samples_, hop_samples_;
};

}  // namespace pupil::listen
