// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/payload.h"

#include "listen/utc.h"

namespace pupil::listen {
namespace {

Json top_json(const std::vector<ClassScore>& top) {
  Json::Array entries;
  for (const ClassScore& each : top)
    entries.push_back(Json::Object{{"class", each.class_name}, {"score", Json(each.score)}});
  return entries;
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json event_json(const Event& event) {
  const std::chrono::duration<double> length = event.offset - event.onset;
  return Json::Object{{"type", "event"},
                      {"id", event.id},
                      {"source", event.source},
                      {"class", event.class_name},
                      {"score", Json(event.score)},
                      {"peak_score", Json(event.peak_score)},
                      {"threshold", Json(event.threshold)},
                      {"onset", utc_text(event.onset)},
                      {"offset", utc_text(event.offset)},
                      {"duration_s", length.count()},
                      {"top", top_json(event.top)},
                      {"model_sha256", event.model_sha256},
                      {"clip", or_null(event.clip)},
                      {"no_clip_reason", or_null(event.no_clip_reason)}};
}

Json near_miss_json(const NearMiss& miss) {
  return Json::Object{{"type", "near_miss"},
                      {"id", miss.id},
                      {"source", miss.source},
                      {"class", miss.class_name},
                      {"score", Json(miss.score)},
                      {"threshold", Json(miss.threshold)},
                      {"time", utc_text(miss.time)},
                      {"top", top_json(miss.top)},
                      {"model_sha256", miss.model_sha256},
                      {"clip", or_null(miss.clip)}};
}

Json source_json(const SourceStatus& status) {
  return Json::Object{{"type", "source"},
                      {"source", status.source},
                      {"state", name_of(status.state)},
                      {"reason", or_null(status.reason)},
                      {"since", utc_text(status.since)},
                      {"detecting", status.detecting},
                      {"restarts", status.restarts},
                      {"lost_samples", status.lost_samples}};
}

}  // namespace pupil::listen
