// SPDX-License-Identifier: Apache-2.0
// 1. Samples are counted alike by the ring, the lanes and the clock: from the beginning of the stretch of audio.
// 2. An event's onset gets its time once, when it begins; its offset and its clip are dated from there. So a clock that is
//    set meanwhile, or began anew with the next stretch, cannot part them.
// 3. A clip is due when its last sample is in the ring, which holds the longest clip and a minute (for near misses).
// 4. Blocks are pushed in pieces no longer than kPieceSamples, so that no clip leaves the ring before it is looked at.

#include "listen/channel.h"

#include <algorithm>
#include <cmath>

#include "base/check_status.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/pcm_floats.h"
#include "listen/utc.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kPieceSamples = 8000;
constexpr double kMissSeconds = 1;  // around the window, on both sides

float dbfs(double mean_square) {
  return static_cast<float>(10.0 * std::log10(std::max(mean_square, 1e-12)));
}

}  // namespace

Channel::Channel(InputSpec input, const Models& models, Shared shared)
    : input_(std::move(input)), shared_(shared), ring_(1) {
  lane_rules_ = wanted_lanes(models);
  for (const LaneRules& wanted : lane_rules_) lanes_.push_back(make_lane(wanted));
  ring_ = AudioRing(ring_samples());
  if (!shared_.wants_frames) return;
  const edge::LogMelOptions& front_end = lanes_.front()->model().model().front_end();
  log_mel_state_.resize(edge::LogMel::state_bytes(front_end));
  log_mel_ = std::make_unique<edge::LogMel>();
  check_status(log_mel_->init(front_end, log_mel_state_), input_.name);
}

std::vector<Channel::LaneRules> Channel::wanted_lanes(const Models& models) const {
  std::vector<LaneRules> wanted;
  bool knows_speech = false;
  for (const auto& model : models) {
    const auto& sources = model->spec().sources;
    if (!sources.empty() && std::find(sources.begin(), sources.end(), input_.name) == sources.end()) continue;
    LaneRules& lane = wanted.emplace_back(LaneRules{model, {}});
    for (std::int32_t k = 0; k < model->reported_count(); ++k)
      lane.rules.push_back(
          shared_.config->rule_of(input_.name, model->model().label(k), model->model().threshold(k)));
    knows_speech = knows_speech || model->class_named(shared_.config->clips.speech_class) >= 0;
    if (model->rate_hz() != wanted.front().model->rate_hz())
      throw Error(concat("source ", input_.name, ": model ", model->spec().name, " wants ", model->rate_hz(),
                         " Hz, ", wanted.front().model->spec().name, " ", wanted.front().model->rate_hz(),
                         " Hz: make it two sources"));
  }
  if (wanted.empty()) throw Error(concat("source ", input_.name, ": no model is for it"));
  if (shared_.home != nullptr && shared_.config->clips.keep == "unless speech" && !knows_speech)
    throw Error(
        concat("source ", input_.name, ": clips are kept \"unless speech\", but no model has a class \"",
               shared_.config->clips.speech_class, "\": set [clips] speech_class, or keep = \"never\""));
  return wanted;
}

std::unique_ptr<Lane> Channel::make_lane(const LaneRules& wanted) const {
  return std::make_unique<Lane>(wanted.model, wanted.rules,
                                static_cast<std::int32_t>(shared_.config->listen.hop_ms),
                                shared_.config->near_misses.floor);
}

std::int64_t Channel::ring_samples() const {
  std::int64_t window = 0;
  for (const auto& lane : lanes_) window = std::max(window, lane->window_samples() + lane->hop_samples());
  if (shared_.home == nullptr || shared_.config->clips.keep == "never") return 2 * window + samples(1);
  const ClipSection& clips = shared_.config->clips;
  const double event_s = clips.pre_roll_s + clips.max_length_s + clips.post_roll_s;
  return samples(std::max(event_s, 60 + 2 * kMissSeconds) + 2) + 2 * window;
}

void Channel::push(std::span<const std::int16_t> samples, SourceClock& clock, const Moment& now) {
  if (clock.was_set(now) && open_.empty()) {
    clock.follow(now);
    log_info(concat(input_.name, ": the system's clock was set; times follow it from here on"));
  }
  while (!samples.empty()) {
    const auto piece = samples.first(std::min(samples.size(), kPieceSamples));
    samples = samples.subspan(piece.size());
    ring_.push(piece);
    take_level(piece);
    make_frames(piece);
    for (const auto& lane : lanes_)
      lane->push(piece, [&](const Lane::Window& window) { take_window(*lane, window, clock); });
    complete_events(false);
  }
}

void Channel::take_level(std::span<const std::int16_t> samples) {
  for (const std::int16_t sample : samples) square_sum_ += double{1} * sample * sample;
  square_count_ += std::ssize(samples);
}

void Channel::make_frames(std::span<const std::int16_t> samples) {
  if (!log_mel_) return;
  for_float_blocks(samples, [&](std::span<const float> block) {
    const auto bins = static_cast<std::size_t>(log_mel_->options().mel_count);
    const auto count = static_cast<std::size_t>(log_mel_->push_frame_count(std::ssize(block)));
    const std::size_t begin = frames_.size();
    frames_.resize(begin + count * bins);
    std::int32_t written = 0;
    check_status(log_mel_->push(block, std::span(frames_).subspan(begin), &written), input_.name);
  });
}

int Channel::minute_of(Time time) {
  const std::int64_t minute = std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
  if (minute != minute_) local_minute_ = listen::local_minute(time);
  minute_ = minute;
  return local_minute_;
}

void Channel::take_window(Lane& lane, const Lane::Window& window, const SourceClock& clock) {
  const Time end = clock.time_of(window.end_samples);
  const std::int64_t middle = window.end_samples - lane.window_samples() / 2;
  const std::int32_t speech = lane.model().class_named(shared_.config->clips.speech_class);
  if (speech >= 0 && window.scores[static_cast<std::size_t>(speech)] >= shared_.config->clips.speech_score)
    speech_.push_back({window.end_samples - lane.window_samples(), window.end_samples});
  EventTracker& tracker = lane.tracker();
  tracker.push(window.scores, window.end_samples, minute_of(end));
  for (const auto& stretch : tracker.began()) begin_event(lane, stretch, clock);
  for (const auto& stretch : tracker.ended()) end_event(lane, stretch);
  follow_events(lane);
  const auto misses =
      lane.near_misses().push(window.scores, tracker.thresholds(), middle, clock.time_of(middle),
                              [&](std::int32_t k) { return tracker.current(k) != nullptr; });
  for (const auto& miss : misses) take_miss(lane, miss);
  if (square_count_ > 0)
    level_dbfs_ = dbfs(square_sum_ / static_cast<double>(square_count_) / (32768.0 * 32768.0));
  const ScoredWindow scored{input_.name,
                            lane.model().spec().name,
                            end,
                            window.scores,
                            tracker.thresholds(),
                            level_dbfs_,
                            frames_,
                            log_mel_ ? log_mel_->options().mel_count : 0,
                            window.inference_s};
  for (const auto& sink : shared_.sinks) sink->window_scored(scored);
  ++window_count_;
  if (&lane != lanes_.front().get()) return;
  square_sum_ = 0;
  square_count_ = 0;
  frames_.clear();
}

Event Channel::event_of(const Lane& lane, const EventTracker::Stretch& stretch, Time onset) const {
  Event event;
  event.source = input_.name;
  event.class_name = lane.model().model().label(stretch.class_index);
  event.id = finding_id(onset, event.source, event.class_name);
  event.model_sha256 = lane.model().sha256();
  event.score = stretch.score;
  event.peak_score = stretch.peak_score;
  event.threshold = lane.tracker().thresholds()[static_cast<std::size_t>(stretch.class_index)];
  event.onset = onset;
  event.offset = later(onset, stretch.offset_samples - stretch.onset_samples);
  event.top = lane.top(stretch.peak_scores);
  return event;
}

void Channel::begin_event(const Lane& lane, const EventTracker::Stretch& stretch, const SourceClock& clock) {
  OpenEvent& open = open_.emplace_back();
  open.event = event_of(lane, stretch, clock.time_of(stretch.onset_samples));
  open.lane = &lane;
  open.onset = stretch.onset_samples;
  open.offset = stretch.offset_samples;
  if (lane.model().spec().shadow) return;
  if (shared_.home != nullptr) shared_.home->expect(open.event.id);
  for (const auto& sink : shared_.sinks) sink->event_started(open.event);
}

// What is told of an event at its end is what its tracker had of it then.
void Channel::end_event(const Lane& lane, const EventTracker::Stretch& stretch) {
  for (OpenEvent& open : open_) {
    if (open.lane != &lane || open.over ||
        open.event.class_name != lane.model().model().label(stretch.class_index))
      continue;
    Event event = event_of(lane, stretch, open.event.onset);
    event.clip = open.event.clip;  // of a long one it is written already
    event.clip_lead_s = open.event.clip_lead_s;
    event.no_clip_reason = open.event.no_clip_reason;
    open.event = std::move(event);
    open.offset = stretch.offset_samples;
    open.over = true;
  }
}

void Channel::follow_events(const Lane& lane) {
  for (OpenEvent& open : open_) {
    if (open.lane != &lane || open.over) continue;
    const std::int32_t k = lane.model().class_named(open.event.class_name);
    if (const EventTracker::Stretch* now = lane.tracker().current(k)) open.offset = now->offset_samples;
  }
}

void Channel::complete_events(bool interrupted, const Lane* only) {
  std::erase_if(open_, [&](OpenEvent& open) {
    return (only == nullptr || open.lane == only) && complete(open, interrupted);
  });
  std::erase_if(speech_, [&](const Stretch& stretch) { return stretch.end <= ring_.begin(); });
}

// Writes the clip when its last sample is there; true when all is done.
bool Channel::complete(OpenEvent& open, bool interrupted) {
  if (open.lane->model().spec().shadow) {
    if (open.over) {
      for (const auto& sink : shared_.sinks) sink->shadow_event(open.lane->model().spec().name, open.event);
    }
    return open.over;
  }
  const ClipSection& clips = shared_.config->clips;
  const std::int64_t window = open.lane->window_samples() / 2 + open.lane->hop_samples();
  const std::int64_t most = open.onset + samples(clips.max_length_s);
  const std::int64_t end = std::min(open.offset, most) + std::max(samples(clips.post_roll_s), window);
  const bool ends_here = open.over || open.offset >= most;
  if (!open.clip_done && ends_here && (interrupted || ring_.end() >= end)) {
    const std::int64_t begin =
        open.lane->window_begin_before(open.onset - std::max(samples(clips.pre_roll_s), window));
    const KeptClip kept = keep(open.event.id, open.event.onset, begin, end);
    open.event.clip = kept.path;
    if (!kept.path.empty()) open.event.clip_lead_s = seconds(open.onset - begin);
    open.event.no_clip_reason = kept.reason;
    open.clip_done = true;
  }
  if (!open.over || !open.clip_done) return false;
  if (shared_.home != nullptr) shared_.home->record(open.event);
  for (const auto& sink : shared_.sinks) sink->event_ended(open.event);
  return true;
}

KeptClip Channel::keep(const std::string& id, Time time, std::int64_t begin, std::int64_t end) {
  const std::string& rule = shared_.config->clips.keep;
  if (shared_.home == nullptr || rule == "never") return {"", "off"};
  if (rule == "unless speech" && speech_within(begin, end)) return {"", "privacy"};
  return shared_.home->keep_clip(id, time, ring_.copy(begin, end));
}

bool Channel::speech_within(std::int64_t begin, std::int64_t end) const {
  return std::any_of(speech_.begin(), speech_.end(),
                     [&](const Stretch& stretch) { return stretch.end > begin && stretch.begin < end; });
}

void Channel::take_miss(const Lane& lane, const NearMissTracker::Best& best) {
  if (lane.model().spec().shadow) return;
  NearMiss miss;
  miss.source = input_.name;
  miss.class_name = lane.model().model().label(best.class_index);
  miss.id = finding_id(best.time, miss.source, miss.class_name);
  miss.model_sha256 = lane.model().sha256();
  miss.score = best.score;
  miss.threshold = lane.tracker().thresholds()[static_cast<std::size_t>(best.class_index)];
  miss.time = best.time;
  miss.top = lane.top(best.scores);
  miss.clip = keep_miss(miss, lane, best.middle_samples).path;
  if (!miss.clip.empty())
    miss.clip_lead_s = seconds(best.middle_samples - miss_clip_begin(lane, best.middle_samples));
  if (shared_.home != nullptr) shared_.home->record(miss);
  for (const auto& sink : shared_.sinks) sink->near_miss(miss);
}

std::int64_t Channel::miss_clip_begin(const Lane& lane, std::int64_t middle) const {
  return lane.window_begin_before(middle - lane.window_samples() / 2 - samples(kMissSeconds));
}

// The nearest of the hour keep their audio: a nearer one takes the place of the farthest.
KeptClip Channel::keep_miss(const NearMiss& miss, const Lane& lane, std::int64_t middle) {
  const auto most = static_cast<std::size_t>(shared_.config->near_misses.clips_per_hour);
  KeptMisses& kept = kept_misses_[miss.class_name];
  const std::int64_t hour = std::chrono::floor<std::chrono::hours>(miss.time).time_since_epoch().count();
  if (kept.hour != hour) kept = {hour, {}};
  const auto farthest = std::min_element(kept.clips.begin(), kept.clips.end());
  if (most == 0 || (kept.clips.size() >= most && farthest->first >= miss.score)) return {};
  KeptClip clip = keep(miss.id, miss.time, miss_clip_begin(lane, middle),
                       middle + lane.window_samples() / 2 + samples(kMissSeconds));
  if (clip.path.empty()) return clip;
  if (kept.clips.size() >= most) {
    shared_.home->drop_clip(farthest->second);
    kept.clips.erase(farthest);
  }
  kept.clips.emplace_back(miss.score, clip.path);
  return clip;
}

void Channel::finish_lane(Lane& lane) {
  lane.tracker().finish();
  for (const auto& stretch : lane.tracker().ended()) end_event(lane, stretch);
  for (const auto& miss : lane.near_misses().finish()) take_miss(lane, miss);
}

void Channel::interrupt() {
  for (const auto& lane : lanes_) finish_lane(*lane);
  complete_events(true);
  for (const auto& lane : lanes_) lane->restart();
  ring_.reset();
  speech_.clear();
  frames_.clear();
  square_sum_ = 0;
  square_count_ = 0;
  if (log_mel_) log_mel_->reset();
}

void Channel::configure(const Models& models) {
  std::vector<LaneRules> wanted = wanted_lanes(models);
  if (wanted.front().model->rate_hz() != rate_hz())
    throw Error(concat("source ", input_.name, ": another sample rate: start again"));
  const std::int64_t next_end = lanes_.front()->next_end_samples();
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const LaneRules& next : wanted) {
    const auto same = std::find_if(lane_rules_.begin(), lane_rules_.end(), [&](const LaneRules& now) {
      return now.model == next.model && now.rules == next.rules;
    });
    if (same != lane_rules_.end()) {
      lanes.push_back(std::move(lanes_[static_cast<std::size_t>(same - lane_rules_.begin())]));
    } else {
      lanes.push_back(make_lane(next));
      lanes.back()->catch_up(ring_, next_end);
    }
  }
  for (const auto& lane : lanes_) {
    if (!lane) continue;
    finish_lane(*lane);
    complete_events(true, lane.get());
  }
  lanes_ = std::move(lanes);
  lane_rules_ = std::move(wanted);
}

}  // namespace pupil::listen
