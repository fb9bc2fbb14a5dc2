// SPDX-License-Identifier: Apache-2.0
// From the [[sink]] tables of listen.toml to sinks. A new kind is a line in sink_factory.cpp.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "listen/detection_switches.h"
#include "listen/listen_config.h"
#include "listen/sink.h"
#include "listen/sinks/gauges.h"
#include "listen/verdict.h"

namespace pupil::listen {

/// What sinks are given besides their table. All that is pointed to outlives them.
struct SinkParts {
  VerdictStore* verdicts = nullptr;       ///< null: no home, so none can be given
  std::filesystem::path home;             ///< where the paths of clips begin
  Gauges* gauges = nullptr;               ///< never null when a sink is made
  DetectionSwitches* switches = nullptr;  ///< null: sources cannot be switched off
  std::string version;                    ///< this program's
};

/// One for each table, in order; the terminal where there is none. Error, naming file and kind: an unknown kind, or what
/// a kind says of its keys, its port, its broker.
std::vector<std::unique_ptr<Sink>> make_sinks(const ListenConfig& config, const SinkParts& parts);

}  // namespace pupil::listen
