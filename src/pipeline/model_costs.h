// SPDX-License-Identifier: Apache-2.0
// What a model costs: its sizes, and its times on this machine.

#pragma once

#include <filesystem>

#include "base/json.h"
#include "evaluation/device_network.h"

namespace pupil::pipeline {

/// Sizes, work, front end and where it came from; the same on every machine.
Json model_json(const edge::Model& model, const std::filesystem::path& path);

/// Wall times, kernels and the processor's name.
Json measured_json(const edge::Model& model, evaluation::DeviceNetwork* network);

}  // namespace pupil::pipeline
