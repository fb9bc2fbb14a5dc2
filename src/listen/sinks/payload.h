// SPDX-License-Identifier: Apache-2.0
// Findings as JSON: the one form that JSON lines, MQTT, the webhook, commands and the page send. Its keys are an API: they
// are added to, never renamed (payload_test.cpp holds them letter by letter).
//
// An event:
//   {"type": "event", "id": "20261129T130406.120Z-yard-dog_barking", "source": "yard", "class": "dog barking",
//    "score": 0.91, "peak_score": 0.97, "threshold": 0.8,
//    "onset": "2026-11-29T13:04:06.120Z", "offset": "2026-11-29T13:04:08.000Z", "duration_s": 1.88,
//    "top": [{"class": "dog barking", "score": 0.97}, ...], "model_sha256": "...",
//    "clip": "clips/....flac" or null, "no_clip_reason": null or "privacy", "quota", "disk full", "off"}
// A near miss:
//   {"type": "near_miss", "id": ..., "source": ..., "class": ..., "score": 0.71, "threshold": 0.8, "time": "...",
//    "top": [...], "model_sha256": ..., "clip": ...}
// A source's state:
//   {"type": "source", "source": "yard", "state": "waiting", "reason": "arecord: no such device", "since": "...",
//    "restarts": 3, "lost_samples": 0}

#pragma once

#include <string>

#include "base/json.h"
#include "listen/event.h"
#include "listen/sink.h"

namespace pupil::listen {

Json event_json(const Event& event);
Json near_miss_json(const NearMiss& miss);
Json source_json(const SourceStatus& status);

}  // namespace pupil::listen
