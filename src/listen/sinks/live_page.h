// SPDX-License-Identifier: Apache-2.0
// Sink: the live page. Keeps what a page needs to begin with (the latest events and near misses, every source's state) and
// tells all open pages what comes, by server-sent events. Paths, all relative to where the page is:
//   ./  live.js  live.css              the page
//   events                             the stream: "hello" (snapshot), then "window", "started", "ended", "near_miss", "source",
//                                      "models", "verdict"
//   clips/ID                           the clip of an event or near miss that the page shows (Range)
//   verdict                            POST id=ID and class=NAME ("this is ...") or rejected=1 ("not this")

#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "listen/sink.h"
#include "listen/verdict.h"
#include "web/server.h"

namespace pupil::listen {

class LivePage final : public Sink {
 public:
  /// Adds its paths to `server`, which has not been started and is stopped before this goes away. `home` is where the paths of
  /// clips begin. `verdicts` may be null; both outlive it.
  LivePage(web::Server& server, std::filesystem::path home, VerdictStore* verdicts);

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override;
  void source_changed(const SourceStatus& status) override;
  void window_scored(const ScoredWindow& window) override;
  void event_started(const Event& event) override;
  void event_ended(const Event& event) override;
  void near_miss(const NearMiss& miss) override;
  bool wants_frames() const override { return true; }

 private:
  struct Finding {
    std::string id;
    std::string clip;
    Json json;  ///< payload.h, and "verdict" once there is one
  };

  std::string snapshot() const;
  Json models_json() const;
  void put(std::deque<Finding>& list, Finding finding);
  Finding* find(std::string_view id);
  web::Response serve_clip(const web::Request& request);
  web::Response take_verdict(const web::Request& request);
  void tell(std::string_view event, const Json& json, bool may_skip = false);

  const std::filesystem::path home_;
  VerdictStore* verdicts_;
  mutable std::mutex mutex_;  // the server's thread reads what the listening loop writes
  std::vector<std::string> source_names_;
  std::vector<ListenedModel> models_;
  std::map<std::string, Json> sources_;
  std::deque<Finding> events_;  // newest first
  std::deque<Finding> misses_;
  web::EventStream* stream_;
};

/// Frames of log-mel power as base64 of bytes, row by row: 0 is -12, 255 is +6 in natural logarithms of power.
std::string frame_text(std::span<const float> frames);

}  // namespace pupil::listen
