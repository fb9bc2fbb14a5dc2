// SPDX-License-Identifier: Apache-2.0
// Per class:
//  1. votes: as in edge/events: an event becomes active with the window in which enough of the latest voted, and begins
//     at the first of them.
//  2. told: its length has reached the minimum, and began() has had it. What ends before is dropped unseen.
//  3. A class that cools down, or whose hours are quiet, gets no votes; an event that goes on may still go on.

#include "listen/event_tracker.h"

#include <algorithm>
#include <bit>

namespace pupil::listen {
namespace {

// The best of the classes at or above their thresholds; -1: none.
std::int64_t best_vote(std::span<const float> scores, std::span<const float> thresholds) {
  std::int64_t best = -1;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    if (!(scores[k] >= thresholds[k])) continue;
    if (best < 0 || scores[k] > scores[static_cast<std::size_t>(best)]) best = static_cast<std::int64_t>(k);
  }
  return best;
}

}  // namespace

EventTracker::EventTracker(const edge::Model& model, std::vector<EventRule> rules, std::int64_t hop_samples)
    : rules_(std::move(rules)),
      states_(rules_.size()),
      one_class_(model.score_kind() == edge::ScoreKind::softmax),
      rate_hz_(model.front_end().sample_rate_hz),
      window_samples_(model.window_samples()),
      hop_samples_(hop_samples) {
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    const auto i = static_cast<std::size_t>(k);
    thresholds_.push_back(i < rules_.size() ? static_cast<float>(rules_[i].threshold) : model.threshold(k));
  }
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    std::vector<QuietHours>& hours = quiet_.emplace_back();
    for (const std::string& text : rules_[k].quiet) hours.push_back(parse_quiet_hours(text));
    states_[k].stretch.class_index = static_cast<std::int32_t>(k);
  }
}

std::int64_t EventTracker::samples(double seconds) const {
  return static_cast<std::int64_t>(seconds * static_cast<double>(rate_hz_));
}

bool EventTracker::is_quiet(std::size_t k, int local_minute) const {
  return std::any_of(quiet_[k].begin(), quiet_[k].end(),
                     [&](const QuietHours& hours) { return hours.covers(local_minute); });
}

void EventTracker::push(std::span<const float> scores, std::int64_t window_end_samples, int local_minute) {
  began_.clear();
  ended_.clear();
  const std::int64_t best = best_vote(scores, thresholds_);
  for (std::size_t k = 0; k < states_.size(); ++k) {
    ClassState& state = states_[k];
    const bool passes = one_class_ ? static_cast<std::int64_t>(k) == best : scores[k] >= thresholds_[k];
    const bool barred = window_end_samples < state.cool_until || is_quiet(k, local_minute);
    take_vote(k, passes && !barred, scores, window_end_samples);
    if (state.active && window_end_samples - state.last_end > samples(rules_[k].merge_gap_s)) end_class(k);
  }
}

void EventTracker::take_vote(std::size_t k, bool voted, std::span<const float> scores,
                             std::int64_t window_end) {
  ClassState& state = states_[k];
  const EventRule& rule = rules_[k];
  const float score = scores[k];
  const auto kept = static_cast<std::uint32_t>((std::uint64_t{1} << rule.of) - 1);
  const std::uint32_t before = (state.votes << 1) & kept;
  state.votes = before | (voted ? 1U : 0U);
  if (!state.active) {
    if (voted && before == 0) state.stretch.peak_score = 0.0F;
    state.active = std::popcount(state.votes) >= rule.votes;
    if (state.active) {
      state.first_end = window_end - (std::bit_width(state.votes) - 1) * hop_samples_;
      state.stretch.score = score;
    }
  }
  const bool supported =
      voted || (state.active && score >= static_cast<float>(rule.release) * thresholds_[k]);
  if (!supported) return;
  state.last_end = window_end;
  if (score > state.stretch.peak_score) {
    state.stretch.peak_score = score;
    state.stretch.peak_scores.assign(scores.begin(), scores.end());
  }
  if (!state.active) return;
  update_stretch(state);
  const bool long_enough =
      state.stretch.offset_samples - state.stretch.onset_samples >= samples(rule.min_length_s);
  if (state.told || !long_enough) return;
  state.told = true;
  began_.push_back(state.stretch);
}

void EventTracker::update_stretch(ClassState& state) const {
  const std::int64_t half = (window_samples_ + hop_samples_) / 2;
  state.stretch.onset_samples = std::max<std::int64_t>(0, state.first_end - half);
  state.stretch.offset_samples = state.last_end - half + hop_samples_;
}

void EventTracker::end_class(std::size_t k) {
  ClassState& state = states_[k];
  if (state.told) ended_.push_back(state.stretch);
  const std::int64_t cool_until =
      state.told ? state.last_end + samples(rules_[k].cool_down_s) : state.cool_until;
  state = {};
  state.cool_until = cool_until;
  state.stretch.class_index = static_cast<std::int32_t>(k);
}

void EventTracker::finish() {
  began_.clear();
  ended_.clear();
  for (std::size_t k = 0; k < states_.size(); ++k) {
    if (states_[k].active) end_class(k);
    states_[k] = {};
    states_[k].stretch.class_index = static_cast<std::int32_t>(k);
  }
}

const EventTracker::Stretch* EventTracker::current(std::int32_t class_index) const {
  const ClassState& state = states_[static_cast<std::size_t>(class_index)];
  return state.told ? &state.stretch : nullptr;
}

bool EventTracker::any_current() const {
  return std::any_of(states_.begin(), states_.end(), [](const ClassState& state) { return state.told; });
}

}  // namespace pupil::listen
