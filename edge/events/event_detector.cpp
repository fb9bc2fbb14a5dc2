// SPDX-License-Identifier: Apache-2.0
// Per reported class (ClassState):
//  1. votes: a bit per window, the latest lowest, the latest `of` only. A class is active from the window on
//     in which it has `votes` bits, and stays so until push() or finish() reports it and clears the state.
//  2. first_end is the end of the first of the votes that sufficed, the highest bit of `votes`: an event begins there, not
//     where they sufficed. A lone vote before them does not draw its beginning out.
//  3. last_end and peak_score belong to windows that supported the class: by a vote or, while it is active,
//     by a score of at least release_share of its threshold. A pause is counted from last_end.
// Scores are compared so that NaN never votes and never supports.

#include <memory>
#include <new>

#include "pupil/edge/events.h"

namespace pupil::edge {
namespace {

bool valid(const EventOptions& options) {
  return options.votes >= 1 && options.votes <= options.of && options.of <= 32 &&
         options.release_share >= 0.0F && options.release_share <= 1.0F && options.bridge_ms >= 0;
}

// Where the processor has no instruction for it, std::popcount asks a library of the compiler's.
std::int32_t bit_count(std::uint32_t bits) {
  std::int32_t count = 0;
  for (; bits != 0; bits &= bits - 1) ++count;
  return count;
}

// Up to the highest bit that is set.
std::int32_t bit_length(std::uint32_t bits) {
  std::int32_t length = 0;
  for (; bits != 0; bits >>= 1) ++length;
  return length;
}

}  // namespace

EventOptions event_options_for(std::int32_t hop_ms) noexcept {
  EventOptions options;
  const std::int32_t of = hop_ms > 1 ? 1000 / hop_ms : 1000;
  options.of = of < 3 ? 3 : of > 32 ? 32 : of;
  options.votes = 3 * options.of / 5 < 2 ? 2 : 3 * options.of / 5;
  return options;
}

std::int32_t reported_class_count(const Model& model) noexcept {
  std::int32_t count = 0;
  for (const char digit : model.find_metadata("reported_classes")) {
    if (digit < '0' || digit > '9' || count > model.class_count()) return model.class_count();
    count = 10 * count + (digit - '0');
  }
  return count >= 1 && count <= model.class_count() ? count : model.class_count();
}

std::size_t EventDetector::state_bytes(const Model& model) noexcept {
  return static_cast<std::size_t>(model.class_count()) * (sizeof(ClassState) + sizeof(float)) +
         alignof(ClassState);
}

Status EventDetector::init(const Model& model, const EventOptions& options,
                           std::span<std::byte> state) noexcept {
  if (!model.loaded() || !valid(options)) return Status::bad_argument;
  void* place = state.data();
  std::size_t room = state.size();
  const auto bytes = static_cast<std::size_t>(model.class_count()) * (sizeof(ClassState) + sizeof(float));
  if (state.size() < state_bytes(model) || std::align(alignof(ClassState), bytes, place, room) == nullptr) {
    return Status::arena_too_small;
  }
  model_ = model;
  options_ = options;
  reported_ = reported_class_count(model);
  bridge_samples_ = std::int64_t{options.bridge_ms} * model.front_end().sample_rate_hz / 1000;
  hop_samples_ = 0;
  latest_end_ = -1;
  states_ = static_cast<ClassState*>(place);
  for (std::int32_t k = 0; k < reported_; ++k) new (states_ + k) ClassState;
  static_assert(alignof(ClassState) % alignof(float) == 0);  // the thresholds follow
  thresholds_ = reinterpret_cast<float*>(states_ + model.class_count());
  for (std::int32_t k = 0; k < model.class_count(); ++k) thresholds_[k] = model.threshold(k);
  return Status::ok;
}

Status EventDetector::set_threshold(std::int32_t class_index, float threshold) noexcept {
  const bool known = states_ != nullptr && class_index >= 0 && class_index < model_.class_count();
  if (!known || threshold != threshold) return Status::bad_argument;
  thresholds_[class_index] = threshold;
  return Status::ok;
}

// The class that the window votes for: the highest of those at or above their thresholds; -1: none.
std::int32_t EventDetector::vote_of(std::span<const float> scores) const noexcept {
  std::int32_t best = -1;
  for (std::int32_t k = 0; k < model_.class_count(); ++k) {
    const float score = scores[static_cast<std::size_t>(k)];
    if (!(score >= thresholds_[k])) continue;
    if (best < 0 || score > scores[static_cast<std::size_t>(best)]) best = k;
  }
  return best;
}

void EventDetector::take_vote(ClassState* state, bool voted, float score, float threshold,
                              std::int64_t window_end) noexcept {
  const std::uint32_t kept = options_.of == 32 ? ~0U : (1U << options_.of) - 1U;
  const std::uint32_t before = (state->votes << 1) & kept;
  state->votes = before | (voted ? 1U : 0U);
  if (!state->active) {
    if (voted && before == 0) state->peak_score = 0.0F;
    state->active = bit_count(state->votes) >= options_.votes;
    if (state->active) state->first_end = window_end - (bit_length(state->votes) - 1) * hop_samples_;
  }
  const bool supported = voted || (state->active && score >= options_.release_share * threshold);
  if (!supported) return;
  state->last_end = window_end;
  if (score > state->peak_score) state->peak_score = score;
}

Event EventDetector::event_of(std::int32_t k) const noexcept {
  const ClassState& state = states_[k];
  const std::int64_t half = (model_.window_samples() + hop_samples_) / 2;
  const std::int64_t start = state.first_end - half;
  return {k, start > 0 ? start : 0, state.last_end - half + hop_samples_, state.peak_score};
}

Status EventDetector::push(std::span<const float> scores, std::int64_t window_end_samples,
                           std::span<Event> ended, std::int32_t* ended_count) noexcept {
  const bool fits = states_ != nullptr && scores.size() == static_cast<std::size_t>(model_.class_count()) &&
                    ended.size() >= static_cast<std::size_t>(reported_);
  if (!fits) return Status::bad_argument;
  if (latest_end_ >= 0) hop_samples_ = window_end_samples - latest_end_;
  latest_end_ = window_end_samples;
  const std::int32_t vote = vote_of(scores);
  std::int32_t count = 0;
  for (std::int32_t k = 0; k < reported_; ++k) {
    ClassState& state = states_[k];
    take_vote(&state, k == vote, scores[static_cast<std::size_t>(k)], thresholds_[k], window_end_samples);
    if (!state.active || window_end_samples - state.last_end <= bridge_samples_) continue;
    ended[static_cast<std::size_t>(count++)] = event_of(k);
    state = ClassState{};
  }
  *ended_count = count;
  return Status::ok;
}

Status EventDetector::finish(std::span<Event> ended, std::int32_t* ended_count) noexcept {
  if (states_ == nullptr || ended.size() < static_cast<std::size_t>(reported_)) return Status::bad_argument;
  std::int32_t count = 0;
  for (std::int32_t k = 0; k < reported_; ++k) {
    if (states_[k].active) ended[static_cast<std::size_t>(count++)] = event_of(k);
    states_[k] = ClassState{};
  }
  latest_end_ = -1;
  *ended_count = count;
  return Status::ok;
}

bool EventDetector::active(std::int32_t class_index, Event* now) const noexcept {
  if (states_ == nullptr || class_index < 0 || class_index >= reported_ || !states_[class_index].active)
    return false;
  if (now != nullptr) *now = event_of(class_index);
  return true;
}

}  // namespace pupil::edge
