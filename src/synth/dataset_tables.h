// SPDX-License-Identifier: Apache-2.0
// The tables beside the sounds of a dataset. Called by dataset.cpp.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "synth/dataset.h"

namespace pupil::synth {

/// Writes clips.csv, captions.csv and events.csv, and returns how many events there are. What goes on all the
/// time is an event from the first to the last sample where it is the clip's label.
std::int64_t write_tables(const std::filesystem::path& folder, const std::vector<DatasetItem>& items);

}  // namespace pupil::synth
