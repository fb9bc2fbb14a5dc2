// SPDX-License-Identifier: Apache-2.0
// The names of AudioSet's 527 classes, in the order of class_labels_indices.csv: what the outputs of a tagger
// trained on AudioSet mean. The names are Google's (AudioSet, CC BY 4.0).

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::teacher {

/// All 527. Static storage.
std::span<const std::string_view> audioset_class_names();

/// Reads a class_labels_indices.csv: a header, then "index,mid,display_name" with indices from 0 on.
/// Throws Error, with the line, otherwise.
std::vector<std::string> read_class_names(const std::filesystem::path& path);

/// Position of `name`; letter case does not count where no other name differs by case alone.
/// Throws Error with the nearest known name otherwise.
std::size_t class_position(std::span<const std::string> names, std::string_view name);

}  // namespace pupil::teacher
