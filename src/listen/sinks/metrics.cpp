// SPDX-License-Identifier: Apache-2.0
// Counters live in counts_ as they are exposed; what has a present value per source is kept as a number and written when it
// is asked for. Bucket i counts everything up to its bound, as Prometheus wants histograms: cumulative.

#include "listen/sinks/metrics.h"

#include <algorithm>

#include "base/text.h"
#include "listen/sinks/payload.h"

namespace pupil::listen {
namespace {

constexpr auto kStuckTime = std::chrono::seconds(30);

std::string of(const std::string& source, const std::string& class_name) {
  return concat(label("source", source), ",", label("class", class_name));
}

void append_family(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += concat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

}  // namespace

void Metrics::configured(std::span<const std::string> sources, std::span<const ListenedModel> models) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sources_,
                [&](const auto& entry) { return std::ranges::find(sources, entry.first) == sources.end(); });
  for (const std::string& source : sources) sources_[source].status.source = source;
  models_.assign(models.begin(), models.end());
  for (auto& [name, numbers] : sources_) numbers.scores.clear();
}

void Metrics::source_changed(const SourceStatus& status) {
  const std::lock_guard lock(mutex_);
  sources_[status.source].status = status;
}

void Metrics::window_scored(const ScoredWindow& window) {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(window.source);
  SourceNumbers& numbers = found != sources_.end() ? found->second : sources_[std::string(window.source)];
  ++numbers.window_count;
  numbers.last_audio = window.end;
  numbers.level_dbfs = window.level_dbfs;
  auto scores = numbers.scores.find(window.model);
  if (scores == numbers.scores.end())
    scores = numbers.scores.emplace(window.model, std::vector<float>()).first;
  scores->second.assign(window.scores.begin(), window.scores.end());
  ++inference_count_;
  inference_sum_s_ += window.inference_s;
  for (std::size_t i = 0; i < kBuckets.size(); ++i)
    bucket_counts_[i] += window.inference_s <= kBuckets[i] ? 1 : 0;
}

void Metrics::event_started(const Event& event) {
  counts_.add("pupil_events_total", "Events, counted when they begin.", 1,
              of(event.source, event.class_name));
  counts_.set("pupil_event_active", "Whether an event is going on.", 1, of(event.source, event.class_name));
}

void Metrics::event_ended(const Event& event) {
  counts_.set("pupil_event_active", "Whether an event is going on.", 0, of(event.source, event.class_name));
  if (!event.clip.empty())
    counts_.add("pupil_clips_written_total", "Clips of events that were kept.", 1,
                of(event.source, event.class_name));
  else
    counts_.add("pupil_clips_refused_total", "Events that are kept without audio.", 1,
                label("reason", event.no_clip_reason));
}

void Metrics::near_miss(const NearMiss& miss) {
  counts_.add("pupil_near_misses_total", "Minutes whose best window missed its threshold narrowly.", 1,
              of(miss.source, miss.class_name));
}

void Metrics::shadow_event(std::string_view model, const Event& event) {
  counts_.add("pupil_shadow_events_total", "Events that a shadow model would have given.", 1,
              concat(label("model", model), ",", of(event.source, event.class_name)));
}

void Metrics::tick(Time) {
  const std::lock_guard lock(mutex_);
  last_tick_ = std::chrono::steady_clock::now();
}

std::string Metrics::text() const {
  std::string out;
  {
    const std::lock_guard lock(mutex_);
    append_family(out, "pupil_build_info", "gauge", "Version and model in use.");
    for (const ListenedModel& model : models_)
      out += concat("pupil_build_info{", label("version", version_), ",", label("model", model.name), ",",
                    label("model_sha256", model.sha256), "} 1\n");
    append_sources(out);
    append_scores(out);
    append_inference(out);
  }
  return out + counts_.text() + shared_.text();
}

void Metrics::append_sources(std::string& out) const {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    append_family(out, name, type, help);
    for (const auto& [source, numbers] : sources_)
      out += concat(name, "{", label("source", source), "} ", value(numbers), "\n");
  };
  each("pupil_source_up", "gauge", "Whether audio arrives.",
       [](const auto& n) { return is_up(n.status.state) ? 1 : 0; });
  each("pupil_source_last_audio_timestamp_seconds", "gauge", "End of the latest window, seconds since 1970.",
       [](const auto& n) { return static_cast<double>(n.last_audio.time_since_epoch().count()) / 1000; });
  each("pupil_source_restarts_total", "counter", "How often the source was started again.",
       [](const auto& n) { return n.status.restarts; });
  each("pupil_dropped_samples_total", "counter", "Samples lost in gaps.",
       [](const auto& n) { return n.status.lost_samples; });
  each("pupil_level_dbfs", "gauge", "Level, dB below full scale.",
       [](const auto& n) { return n.level_dbfs; });
  each("pupil_windows_total", "counter", "Windows that were scored.",
       [](const auto& n) { return n.window_count; });
}

// The first classes of a model are the reported ones.
void Metrics::append_scores(std::string& out) const {
  append_family(out, "pupil_score_ratio", "gauge", "Score of the latest window.");
  for (const auto& [source, numbers] : sources_) {
    for (const ListenedModel& model : models_) {
      const auto scores = numbers.scores.find(model.name);
      if (model.shadow || scores == numbers.scores.end()) continue;
      for (std::size_t k = 0; k < std::min(model.reported_classes.size(), scores->second.size()); ++k)
        out += concat("pupil_score_ratio{", label("model", model.name), ",",
                      of(source, model.reported_classes[k]), "} ", scores->second[k], "\n");
    }
  }
}

void Metrics::append_inference(std::string& out) const {
  append_family(out, "pupil_inference_seconds", "histogram", "Time to score one window.");
  for (std::size_t i = 0; i < kBuckets.size(); ++i)
    out += concat("pupil_inference_seconds_bucket{le=\"", kBuckets[i], "\"} ", bucket_counts_[i], "\n");
  out += concat("pupil_inference_seconds_bucket{le=\"+Inf\"} ", inference_count_,
                "\npupil_inference_seconds_sum ", inference_sum_s_, "\npupil_inference_seconds_count ",
                inference_count_, "\n");
}

Json Metrics::health_json(bool* alive) const {
  const std::lock_guard lock(mutex_);
  *alive = std::chrono::steady_clock::now() - last_tick_ < kStuckTime;
  bool all_up = true;
  Json::Array sources;
  for (const auto& [name, numbers] : sources_) {
    all_up = all_up && is_up(numbers.status.state);
    sources.push_back(source_json(numbers.status));
  }
  return Json::Object{{"status", !*alive ? "stuck" : all_up ? "ok" : "degraded"}, {"sources", Json(sources)}};
}

}  // namespace pupil::listen
