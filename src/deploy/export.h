// SPDX-License-Identifier: Apache-2.0
// Writes a student in every form in which it leaves the forge.

#pragma once

#include <filesystem>
#include <string_view>

#include "deploy/quantised_network.h"

namespace pupil::deploy {

struct ExportedFiles {
  std::filesystem::path model;    ///< NAME.pupil
  std::filesystem::path onnx;     ///< NAME.onnx
  std::filesystem::path c_array;  ///< NAME.h
  std::filesystem::path golden;   ///< NAME.golden
};

/// Writes the four files to `folder`, which is made when it is absent; each is replaced whole. The golden
/// file holds synthetic sounds: recordings may not be given away with a model. The same network gives the same
/// bytes. Error: names the file and the reason.
ExportedFiles write_exports(const QuantisedNetwork& network, std::string_view name,
                            const std::filesystem::path& folder);

}  // namespace pupil::deploy
