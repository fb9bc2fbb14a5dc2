// SPDX-License-Identifier: Apache-2.0
// The presets of presets/*.toml, held in the program.

#pragma once

#include <span>
#include <string_view>

namespace pupil::cli {

struct Preset {
  std::string_view name;
  std::string_view text;  ///< the classes and negatives of a pupil.toml
};

/// All presets by name. Static storage.
std::span<const Preset> presets();

}  // namespace pupil::cli
