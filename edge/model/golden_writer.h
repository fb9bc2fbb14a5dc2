// Makes golden files (golden_file.h). For the tools and tests, never the device.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pupil/edge/model.h"

namespace pupil::edge {

/// One window: 16-bit samples, [Model::window_samples()].
using GoldenSamples = std::vector<std::int16_t>;

/// The bytes of a golden file for these windows, computed by the reference kernels. 1 to 1024 windows of the
/// model's length.
std::vector<std::byte> write_golden(const Model& model, std::span<const GoldenSamples> windows);

/// Windows made up to be hard: silence, one click, full-scale noise, a square wave that clips, a quiet sweep,
/// and noise whose level rises from nothing. The same for every model of that length.
std::vector<GoldenSamples> golden_sounds(std::int64_t window_samples);

}  // namespace pupil::edge
