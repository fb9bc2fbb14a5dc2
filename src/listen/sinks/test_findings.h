// SPDX-License-Identifier: Apache-2.0
// For tests of sinks: an event, a near miss and a place for verdicts.

#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "listen/event.h"
#include "listen/sink.h"
#include "listen/verdict.h"

namespace pupil::listen {

inline Time test_time(std::int64_t ms = 0) {
  return Time(std::chrono::milliseconds(1'795'957'446'120 + ms));  // 2026-11-29T13:04:06.120Z
}

inline Event test_event(const std::string& id = "20261129T130406.120Z-yard-dog_barking") {
  Event event;
  event.id = id;
  event.source = "yard";
  event.class_name = "dog barking";
  event.model_sha256 = "ab12";
  event.score = 0.91F;
  event.peak_score = 0.97F;
  event.threshold = 0.8F;
  event.onset = test_time();
  event.offset = test_time(1880);
  event.top = {{"dog barking", 0.97F}, {"speech", 0.02F}};
  event.clip = "clips/a.wav";
  return event;
}

inline NearMiss test_miss() {
  return {.id = "m1",
          .source = "yard",
          .class_name = "dog barking",
          .model_sha256 = "ab12",
          .score = 0.7F,
          .threshold = 0.8F,
          .time = test_time(),
          .top = {{"dog barking", 0.7F}},
          .clip = {}};
}

inline std::vector<ListenedModel> test_models() {
  return {{"dogs", "ab12", {"dog barking", "glass breaking"}, false}};
}

class TestVerdicts : public VerdictStore {
 public:
  void put(const Verdict& verdict) override {
    const std::lock_guard lock(mutex);
    if (verdict.id == "gone") throw Error("gone: there is no such event (any more)");
    all.push_back(verdict);
  }
  std::vector<Verdict> taken() {
    const std::lock_guard lock(mutex);
    return all;
  }

 private:
  std::mutex mutex;
  std::vector<Verdict> all;
};

/// Waits until `done`, half a minute at most; whether it is.
inline bool wait_for(const std::function<bool()>& done) {
  for (int i = 0; i < 3000 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return done();
}

}  // namespace pupil::listen
