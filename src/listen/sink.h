// SPDX-License-Identifier: Apache-2.0
// Where findings go: terminal, JSON lines, MQTT, webhook, command, metrics, live page. The listening loop calls every
// sink; none may hold it up.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "listen/event.h"

namespace pupil::listen {

/// What a source does. Every change is reported once, with its reason.
enum class SourceState {
  starting,   ///< the child runs, no audio yet
  listening,  ///< audio arrives
  silent,     ///< audio arrives, but digital zeros or one constant for long: a dead microphone
  stalled,    ///< no audio for longer than allowed: the child is being replaced
  waiting,    ///< until the back-off is over
  ended,      ///< a file came to its end; never started again
};

/// "starting", "listening"... as MQTT, metrics and the page say it.
std::string_view name_of(SourceState state);

/// Whether a sound would be found: what metrics, /health, MQTT and the page call up. A microphone that gives digital zeros
/// is as deaf as one that gives nothing.
constexpr bool is_up(SourceState state) {
  return state == SourceState::listening;
}

struct SourceStatus {
  std::string source;
  SourceState state = SourceState::starting;
  std::string reason;  ///< plain words, without credentials: "arecord: no such device"
  Time since;
  std::int64_t restarts = 0;
  std::int64_t lost_samples = 0;  ///< at the model's rate, estimated from clocks over gaps
  bool detecting = true;          ///< false: switched off; looked after as ever, but no sound is looked for
};

/// One window that was scored. Views: valid during the call alone.
struct ScoredWindow {
  std::string_view source;
  std::string_view model;  ///< name in listen.toml
  Time end;
  std::span<const float> scores;      ///< [K], after calibration
  std::span<const float> thresholds;  ///< [K], in force now
  float level_dbfs = 0.0F;            ///< RMS since the window before
  std::span<const float> frames;      ///< [T, F] log-mel frames since the window before; may be empty
  std::int64_t frame_bins = 0;        ///< F
  double inference_s = 0.0;
};

/// Classes of a model that give events, as sinks announce them before the first event.
struct ListenedModel {
  std::string name;
  std::string sha256;
  std::vector<std::string> reported_classes;
  bool shadow =
      false;  ///< runs beside another one for comparison: its events are counted and go nowhere else
  std::vector<std::string> sources;  ///< only these; empty: all
};

/// A place that findings go to. Calls come from one thread, in the order of time, and return at once: what is slow is
/// queued inside, bounded, and what a full queue drops is counted and logged once per outage. A sink that fails says so
/// in its log and goes on; it never throws from these.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Before anything else, and again when a model or the configuration was replaced.
  virtual void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) {
    (void)sources, (void)models;
  }
  virtual void source_changed(const SourceStatus& status) { (void)status; }
  virtual void window_scored(const ScoredWindow& window) { (void)window; }
  /// Whether window_scored() is to bring `frames`; asked once. Costs a second front end for each source.
  virtual bool wants_frames() const { return false; }
  /// `event.offset` and `clip` are not final yet.
  virtual void event_started(const Event& event) { (void)event; }
  /// Once per event, in full; the clip is on disk, or `no_clip_reason` says why not.
  virtual void event_ended(const Event& event) { (void)event; }
  virtual void near_miss(const NearMiss& miss) { (void)miss; }
  /// What a shadow model would have reported: for counting alone. It has no clip, and `model` is its name.
  virtual void shadow_event(std::string_view model, const Event& event) { (void)model, (void)event; }
  /// About once a second, also while no audio comes: deadlines, reconnects, heartbeats.
  virtual void tick(Time now) { (void)now; }
};

}  // namespace pupil::listen
