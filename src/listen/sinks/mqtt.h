// SPDX-License-Identifier: Apache-2.0
// Sink: MQTT with Home Assistant's discovery. Topics and payloads: home_assistant.h, payload.h. A full build only
// (libmosquitto); a static one has none, see make_mqtt() in mqtt_absent.cpp.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "listen/detection_switches.h"
#include "listen/sink.h"
#include "listen/sinks/gauges.h"
#include "listen/sinks/mqtt_options.h"
#include "listen/verdict.h"

namespace pupil::listen {

/// `verdicts` and `switches` may be null: then no verdict can be given, no source switched off; all outlive the sink.
/// `version`: this program's. Error: of resolved(), or of this build without libmosquitto.
std::unique_ptr<Sink> make_mqtt(const MqttOptions& options, VerdictStore* verdicts,
                                DetectionSwitches* switches, Gauges& gauges, const std::string& version);

/// A verdict as it comes in by MQTT: {"id": ..., "class": ...} or {"id": ..., "rejected": true}, at most 4 kB. Error: anything
/// else. Its time is not set.
Verdict read_verdict(const std::string& payload);

}  // namespace pupil::listen
