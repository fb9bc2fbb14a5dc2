// SPDX-License-Identifier: Apache-2.0
#include "evaluation/alarms.h"

#include <algorithm>

#include "audio/decoder.h"
#include "base/check_status.h"
#include "metrics/decisions.h"
#include "pupil/edge/events.h"
#include "pupil/edge/stream.h"

namespace pupil::evaluation {

EventBuilder::EventBuilder(std::vector<float> thresholds, std::int32_t reported_count)
    : thresholds_(std::move(thresholds)), events_(static_cast<std::size_t>(reported_count)) {}

void EventBuilder::add(double start_s, double end_s, std::span<const float> scores) {
  const std::int32_t best = metrics::decide_above(scores, thresholds_).front();
  if (best < 0 || static_cast<std::size_t>(best) >= events_.size()) return;
  std::vector<metrics::Event>& events = events_[static_cast<std::size_t>(best)];
  if (!events.empty() && start_s <= events.back().end_s + kBridgeSeconds) {
    events.back().end_s = std::max(events.back().end_s, end_s);
  } else {
    events.push_back({best, start_s, end_s});
  }
}

std::vector<metrics::Event> EventBuilder::events() const {
  std::vector<metrics::Event> all;
  for (const auto& events : events_) all.insert(all.end(), events.begin(), events.end());
  return all;
}

void add_detections(std::span<const metrics::Event> detected, std::span<const metrics::Event> truth,
                    double duration_s, AlarmFigures* figures) {
  figures->duration_s += duration_s;
  for (std::size_t k = 0; k < figures->false_count.size(); ++k) {
    const auto of_class = [&](std::span<const metrics::Event> events) {
      std::vector<metrics::Event> some;
      std::copy_if(events.begin(), events.end(), std::back_inserter(some), [&](const metrics::Event& event) {
        return event.class_index == static_cast<std::int32_t>(k);
      });
      return some;
    };
    const metrics::EventFigures matched = metrics::match_events(of_class(detected), of_class(truth));
    figures->false_count[k] += matched.false_alarm_count;
    figures->events += matched;
  }
}

std::vector<float> model_thresholds(const edge::Model& model) {
  std::vector<float> thresholds;
  for (std::int32_t k = 0; k < model.class_count(); ++k) thresholds.push_back(model.threshold(k));
  return thresholds;
}

std::vector<metrics::Event> score_recording(const edge::Model& model, const std::filesystem::path& path,
                                            std::int32_t reported_count, double* duration_s) {
  const std::int32_t rate_hz = model.front_end().sample_rate_hz;
  const edge::StreamOptions options;
  std::vector<std::byte> state(edge::Streamer::state_bytes(model, options));
  edge::Streamer stream;
  check_status(stream.init(model, options, state), "the model's stream");
  std::vector<std::byte> event_state(edge::EventDetector::state_bytes(model));
  edge::EventDetector detector;
  check_status(detector.init(model, {}, event_state), "the model's events");
  std::vector<edge::Event> ended(static_cast<std::size_t>(edge::reported_class_count(model)));
  std::vector<metrics::Event> events;
  const auto take = [&](edge::Status status, std::int32_t count) {
    check_status(status, "the model's events");
    for (std::int32_t i = 0; i < count; ++i) {
      const edge::Event& event = ended[static_cast<std::size_t>(i)];
      if (event.class_index >= reported_count) continue;
      events.push_back({event.class_index, static_cast<double>(event.start_samples) / rate_hz,
                        static_cast<double>(event.end_samples) / rate_hz});
    }
  };
  return with_context(path.string(), [&] {
    audio::DecodeOptions decode;
    decode.sample_rate_hz = rate_hz;
    audio::Decoder decoder(path, decode);
    std::vector<float> block(16384);
    std::int64_t heard = 0;
    for (std::size_t count = 0; (count = decoder.read(block)) > 0;) {
      heard += static_cast<std::int64_t>(count);
      for (std::span<const float> rest(block.data(), count); !rest.empty();) {
        std::size_t used = 0;
        bool scored = false;
        check_status(stream.push(rest, &used, &scored), "the model's stream");
        rest = rest.subspan(used);
        if (!scored) continue;
        std::int32_t ended_count = 0;
        const edge::Status pushed =
            detector.push(stream.scores(), stream.window_end_samples(), ended, &ended_count);
        take(pushed, ended_count);
      }
    }
    std::int32_t count = 0;
    const edge::Status finished = detector.finish(ended, &count);
    take(finished, count);
    audio::report_damage(decoder, path.string());
    *duration_s = static_cast<double>(heard) / rate_hz;
    return events;
  });
}

Json alarms_json(const AlarmFigures& figures, std::span<const std::string> class_names) {
  Json json;
  json.set("name", figures.name);
  json.set("duration_s", figures.duration_s);
  json.set("false_alarms", figures.events.false_alarm_count);
  json.set("false_alarms_per_hour", figures.per_hour());
  if (figures.has_truth) {
    json.set("events_found", figures.events.found_count);
    json.set("events_missed", figures.events.missed_count);
  }
  Json classes = Json(Json::Array());
  for (std::size_t k = 0; k < figures.false_count.size(); ++k) {
    Json row;
    row.set("name", class_names[k]);
    row.set("false_alarms", figures.false_count[k]);
    classes.push_back(row);
  }
  json.set("classes", classes);
  return json;
}

}  // namespace pupil::evaluation
