// SPDX-License-Identifier: Apache-2.0
// What Prometheus reads (text form 0.0.4) and what a watchdog asks. A sink that only counts; http.h serves it.
//
//   pupil_build_info{version,model,model_sha256}, pupil_events_total{source,class}, pupil_event_active{source,class},
//   pupil_score_ratio{source,class} (latest window), pupil_windows_total{source}, pupil_inference_seconds (histogram),
//   pupil_source_up{source}, pupil_source_last_audio_timestamp_seconds{source}, pupil_source_restarts_total{source},
//   pupil_dropped_samples_total{source}, pupil_level_dbfs{source}, pupil_near_misses_total{source,class},
//   pupil_clips_written_total{source,class}, pupil_clips_refused_total{reason}, pupil_shadow_events_total{model,source,class}
// and all Gauges.

#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>

#include "base/json.h"
#include "listen/sink.h"
#include "listen/sinks/gauges.h"

namespace pupil::listen {

/// text() and health_json(): any thread.
class Metrics final : public Sink {
 public:
  /// `shared` outlives it.
  Metrics(const Gauges& shared, std::string version) : shared_(shared), version_(std::move(version)) {}

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override;
  void source_changed(const SourceStatus& status) override;
  void window_scored(const ScoredWindow& window) override;
  void event_started(const Event& event) override;
  void event_ended(const Event& event) override;
  void near_miss(const NearMiss& miss) override;
  void shadow_event(std::string_view model, const Event& event) override;
  void tick(Time now) override;

  std::string text() const;

  /// {"status": "ok", "sources": [{"source", "state", "reason", "since", ...}]}. "degraded" while a source is not listening:
  /// that is no reason to restart the program. `alive` is false once the listening loop has not moved for half a minute.
  Json health_json(bool* alive) const;

 private:
  struct SourceNumbers {
    SourceStatus status;
    std::int64_t window_count = 0;
    Time last_audio;
    float level_dbfs = 0;
    std::map<std::string, std::vector<float>, std::less<>> scores;  ///< by model
  };
  static constexpr std::array<double, 10> kBuckets = {0.0005, 0.001, 0.002, 0.005, 0.01,
                                                      0.02,   0.05,  0.1,   0.2,   0.5};

  void append_sources(std::string& out) const;
  void append_scores(std::string& out) const;
  void append_inference(std::string& out) const;

  const Gauges& shared_;
  const std::string version_;
  Gauges counts_;
  mutable std::mutex mutex_;
  std::map<std::string, SourceNumbers, std::less<>> sources_;
  std::vector<ListenedModel> models_;
  std::array<std::int64_t, kBuckets.size()> bucket_counts_{};
  std::int64_t inference_count_ = 0;
  double inference_sum_s_ = 0;
  std::chrono::steady_clock::time_point last_tick_ = std::chrono::steady_clock::now();
};

}  // namespace pupil::listen
