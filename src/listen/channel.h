// SPDX-License-Identifier: Apache-2.0
// A source with its models: turns its audio into findings with their clips, and tells the sinks.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "listen/audio_ring.h"
#include "listen/home.h"
#include "listen/lane.h"
#include "listen/listen_config.h"
#include "listen/sink.h"
#include "listen/source_clock.h"
#include "pupil/edge/log_mel.h"

namespace pupil::listen {

using Models = std::vector<std::shared_ptr<const LoadedModel>>;

/// Threads: one. The configuration, the home and the sinks outlive it.
class Channel {
 public:
  /// What all channels share. `home` null: nothing is kept.
  struct Shared {
    const ListenConfig* config = nullptr;
    Home* home = nullptr;
    std::span<const std::unique_ptr<Sink>> sinks;
    bool wants_frames = false;
  };

  /// Takes those of `models` that are meant for this source; there is at least one. Error: they want different rates, or
  /// clips are to be kept "unless speech" and none has the class.
  Channel(InputSpec input, const Models& models, Shared shared);

  const InputSpec& input() const { return input_; }
  std::int32_t rate_hz() const { return lanes_.front()->model().rate_hz(); }

  /// Samples that follow on those before; `clock` has counted them. Beforehand interrupt(), where they do not follow.
  void push(std::span<const std::int16_t> samples, SourceClock& clock, const Moment& now);

  /// The audio is interrupted or over: ends what goes on, and writes its clips.
  void interrupt();

  /// Takes the models and rules of the configuration as it is now; a lane whose model and rules are the same goes on,
  /// others begin with the very next window. Error: as the constructor; nothing has changed then.
  void configure(const Models& models);

  std::int64_t window_count() const { return window_count_; }

 private:
  struct OpenEvent {
    Event event;
    const Lane* lane = nullptr;
    std::int64_t onset = 0;  // samples, as the ring counts
    std::int64_t offset = 0;
    bool over = false;
    bool clip_done = false;
  };
  struct KeptMisses {  // of an hour
    std::int64_t hour = 0;
    std::vector<std::pair<float, std::string>> clips;
  };
  struct Stretch {
    std::int64_t begin = 0, end = 0;
  };
  struct LaneRules {
    std::shared_ptr<const LoadedModel> model;
    std::vector<EventRule> rules;
  };

  std::vector<LaneRules> wanted_lanes(const Models& models) const;
  std::unique_ptr<Lane> make_lane(const LaneRules& wanted) const;
  std::int64_t ring_samples() const;
  void take_window(Lane& lane, const Lane::Window& window, const SourceClock& clock);
  void begin_event(const Lane& lane, const EventTracker::Stretch& stretch, const SourceClock& clock);
  void end_event(const Lane& lane, const EventTracker::Stretch& stretch);
  void follow_events(const Lane& lane);
  void finish_lane(Lane& lane);
  void complete_events(bool interrupted, const Lane* only = nullptr);
  bool complete(OpenEvent& open, bool interrupted);
  void take_miss(const Lane& lane, const NearMissTracker::Best& best);
  KeptClip keep_miss(const NearMiss& miss, const Lane& lane, std::int64_t middle);
  KeptClip keep(const std::string& id, Time time, std::int64_t begin, std::int64_t end);
  std::int64_t miss_clip_begin(const Lane& lane, std::int64_t middle) const;
  bool speech_within(std::int64_t begin, std::int64_t end) const;
  void take_level(std::span<const std::int16_t> samples);
  void make_frames(std::span<const std::int16_t> samples);
  int minute_of(Time time);
  Event event_of(const Lane& lane, const EventTracker::Stretch& stretch, Time onset) const;
  std::int64_t samples(double seconds) const { return static_cast<std::int64_t>(seconds * rate_hz()); }
  double seconds(std::int64_t samples) const { return static_cast<double>(samples) / rate_hz(); }
  Time later(Time time, std::int64_t samples) const {
    return time + std::chrono::milliseconds(samples * 1000 / rate_hz());
  }

  InputSpec input_;
  Shared shared_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<LaneRules> lane_rules_;  // of lanes_
  AudioRing ring_;
  std::vector<OpenEvent> open_;
  std::vector<Stretch> speech_;  // windows with speech that the ring still holds
  std::map<std::string, KeptMisses> kept_misses_;
  double square_sum_ = 0;  // since the window before
  std::int64_t square_count_ = 0;
  float level_dbfs_ = 0;
  std::vector<std::byte> log_mel_state_;
  std::unique_ptr<edge::LogMel> log_mel_;
  std::vector<float> frames_;  // [T, F], since the window before
  std::int64_t minute_ = -1;
  int local_minute_ = 0;
  std::int64_t window_count_ = 0;
};

}  // namespace pupil::listen
