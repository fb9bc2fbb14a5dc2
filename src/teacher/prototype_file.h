// SPDX-License-Identifier: Apache-2.0
// Prototypes on disk: one safetensors file, so that audio that comes later gets the same posteriors.

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "teacher/prototypes.h"

namespace pupil::teacher {

struct StoredPrototypes {
  Prototypes prototypes;
  /// The writer's own words: what they were learned from, how it went. Keys other than "concentration" and
  /// "temperature".
  std::map<std::string, std::string> notes;
};

/// Replaces the file at once or not at all: "mean" and "deviation" [D], "directions" [K, D], f32, where a
/// row of zeros has none; "head" [K, D + 1] and "head_shares" [K] where there is a head. The same prototypes and notes give the same bytes. Error: a failed write.
void write_prototypes(const std::filesystem::path& path, const StoredPrototypes& stored);

/// Error: no such file, or not one of prototypes, by its name.
StoredPrototypes read_prototypes(const std::filesystem::path& path);

}  // namespace pupil::teacher
