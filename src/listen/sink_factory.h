// SPDX-License-Identifier: Apache-2.0
// From the [[sink]] tables of listen.toml to sinks. A new kind is a line in sink_factory.cpp.

#pragma once

#include <memory>
#include <vector>

#include "listen/listen_config.h"
#include "listen/sink.h"
#include "listen/verdict.h"

namespace pupil::listen {

/// One for each table, in order; the terminal where there is none. `verdicts` outlives them; null: no home, so none can
/// be given. Error: an unknown kind, or what a kind says of its keys.
std::vector<std::unique_ptr<Sink>> make_sinks(const ListenConfig& config, VerdictStore* verdicts);

}  // namespace pupil::listen
