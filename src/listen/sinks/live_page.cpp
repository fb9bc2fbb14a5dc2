// SPDX-License-Identifier: Apache-2.0
// The loop's thread writes findings, the server's threads read them: everything goes through mutex_. A browser that comes
// later gets a snapshot of what is kept here, then the same messages as those that were there before. An event that goes on
// has no clip yet, whatever its `clip` will be.

#include "listen/sinks/live_page.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "listen/sinks/payload.h"
#include "listen/utc.h"
#include "web/page.h"

namespace pupil::listen {

std::span<const web::PageFile> page_files();  // made by the build

namespace {

constexpr std::size_t kKept = 100;
constexpr float kLowest = -12.0F, kHighest = 6.0F;

Json floats_json(std::span<const float> values, std::size_t count) {
  Json::Array list;
  for (std::size_t i = 0; i < std::min(count, values.size()); ++i)
    list.push_back(Json(std::round(values[i] * 1000.0F) / 1000.0F));
  return list;
}

std::string_view sound_type(const std::string& path) {
  return path.ends_with(".flac") ? "audio/flac" : "audio/wav";
}

}  // namespace

std::string frame_text(std::span<const float> frames) {
  std::vector<std::byte> bytes(frames.size());  // 0: NaN, or at or below the lowest
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!(frames[i] > kLowest)) continue;
    bytes[i] = static_cast<std::byte>(
        std::lround((std::min(frames[i], kHighest) - kLowest) / (kHighest - kLowest) * 255));
  }
  return base64(bytes);
}

LivePage::LivePage(web::Server& server, std::filesystem::path home, VerdictStore* verdicts)
    : home_(std::move(home)),
      verdicts_(verdicts),
      stream_(&server.event_stream("/events", [this] { return snapshot(); })) {
  web::serve_page(server, page_files());
  server.get("/clips/*", [this](const web::Request& request) { return serve_clip(request); });
  server.post("/verdict", [this](const web::Request& request) { return take_verdict(request); });
}

void LivePage::tell(std::string_view event, const Json& json, bool may_skip) {
  stream_->send(event, json.dump(), may_skip);
}

Json LivePage::models_json() const {
  Json::Array list;
  for (const ListenedModel& model : models_) {
    if (!model.shadow)
      list.push_back(Json::Object{
          {"name", model.name}, {"sha256", model.sha256}, {"classes", Json(model.reported_classes)}});
  }
  return Json::Object{
      {"models", Json(list)}, {"sources", Json(source_names_)}, {"can_judge", verdicts_ != nullptr}};
}

std::string LivePage::snapshot() const {
  const std::lock_guard lock(mutex_);
  Json json = models_json();
  Json::Array states, events, misses;
  for (const auto& [name, state] : sources_) states.push_back(state);
  for (const Finding& finding : events_) events.push_back(finding.json);
  for (const Finding& finding : misses_) misses.push_back(finding.json);
  json.set("states", Json(states));
  json.set("events", Json(events));
  json.set("near_misses", Json(misses));
  return json.dump();
}

void LivePage::configured(std::span<const std::string> sources, std::span<const ListenedModel> models) {
  const std::lock_guard lock(mutex_);
  source_names_.assign(sources.begin(), sources.end());
  models_.assign(models.begin(), models.end());
  std::erase_if(sources_,
                [&](const auto& entry) { return std::ranges::find(sources, entry.first) == sources.end(); });
  tell("models", models_json());
}

void LivePage::source_changed(const SourceStatus& status) {
  const std::lock_guard lock(mutex_);
  tell("source", sources_[status.source] = source_json(status));
}

void LivePage::window_scored(const ScoredWindow& window) {
  if (!stream_->has_clients()) return;
  const auto model = std::ranges::find(models_, window.model, &ListenedModel::name);
  if (model == models_.end() || model->shadow) return;
  const std::size_t count = model->reported_classes.size();
  tell("window",
       Json(Json::Object{{"source", window.source},
                         {"model", window.model},
                         {"end", utc_text(window.end)},
                         {"level", Json(std::round(window.level_dbfs * 10.0F) / 10.0F)},
                         {"scores", floats_json(window.scores, count)},
                         {"thresholds", floats_json(window.thresholds, count)},
                         {"bins", window.frame_bins},
                         {"frames", frame_text(window.frames)}}),
       true);
}

// An event that has ended takes its own place.
void LivePage::put(std::deque<Finding>& list, Finding finding) {
  if (Finding* known = find(finding.id)) {
    if (const Json* verdict = known->json.find("verdict")) finding.json.set("verdict", *verdict);
    *known = std::move(finding);
    return;
  }
  list.push_front(std::move(finding));
  if (list.size() > kKept) list.pop_back();
}

LivePage::Finding* LivePage::find(std::string_view id) {
  for (std::deque<Finding>* list : {&events_, &misses_}) {
    const auto found = std::ranges::find(*list, id, &Finding::id);
    if (found != list->end()) return &*found;
  }
  return nullptr;
}

void LivePage::event_started(const Event& event) {
  const std::lock_guard lock(mutex_);
  Json json = event_json(event);
  json.set("active", true);
  put(events_, {event.id, "", json});
  tell("started", json);
}

void LivePage::event_ended(const Event& event) {
  const std::lock_guard lock(mutex_);
  put(events_, {event.id, event.clip, event_json(event)});
  tell("ended", event_json(event));
}

void LivePage::near_miss(const NearMiss& miss) {
  const std::lock_guard lock(mutex_);
  put(misses_, {miss.id, miss.clip, near_miss_json(miss)});
  tell("near_miss", near_miss_json(miss));
}

// The path is ours: a request only names one of the findings that the page shows.
web::Response LivePage::serve_clip(const web::Request& request) {
  const std::lock_guard lock(mutex_);
  const Finding* finding = find(request.path.substr(std::string_view("/clips/").size()));
  if (finding == nullptr || finding->clip.empty())
    return web::Response::text(404, "there is no such clip (any more)");
  web::Response response;
  response.type = sound_type(finding->clip);
  response.file = home_ / finding->clip;
  response.immutable = true;
  return response;
}

web::Response LivePage::take_verdict(const web::Request& request) {
  if (verdicts_ == nullptr)
    return web::Response::text(409, "no verdict can be kept: the configuration names no home folder");
  Verdict verdict;
  verdict.id = request.form_value("id");
  verdict.class_name = request.form_value("class");
  verdict.rejected = !request.form_value("rejected").empty();
  verdict.reviewer = request.user;
  verdict.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (verdict.id.empty() || verdict.rejected == !verdict.class_name.empty())
    return web::Response::text(400, "a verdict has an id, and either class=NAME or rejected=1");
  try {
    verdicts_->put(verdict);
  } catch (const Error& error) {
    return web::Response::text(409, error.what());
  }
  const std::lock_guard lock(mutex_);
  const Json word = verdict.rejected ? Json("not this") : Json(verdict.class_name);
  if (Finding* finding = find(verdict.id)) finding->json.set("verdict", word);
  tell("verdict", Json(Json::Object{{"id", verdict.id}, {"verdict", word}}));
  return web::Response::json(Json(Json::Object{{"id", verdict.id}, {"verdict", word}}).dump());
}

}  // namespace pupil::listen
