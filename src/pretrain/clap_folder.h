// SPDX-License-Identifier: Apache-2.0
// The files beside a CLAP's weights in Hugging Face's layout, and the sizes of the model that ships.

#pragma once

#include <filesystem>

#include "base/json.h"
#include "teacher/clap_config.h"

namespace pupil::pretrain {

/// Sizes and front end of a model to be.
struct ClapDesign {
  teacher::ClapConfig config;
  teacher::ClapFeatureOptions features;
};

/// "nano" is the model that ships: 5.1 s at 32 kHz, 256 frames of 64 mel bins up to 8 kHz (a dog has little above, and
/// many recordings nothing); patches of 8 x 8, 64 and 128 channels in stages of two and four blocks, since a core should
/// train it in an hour; a text tower of two layers.
/// Otherwise a folder with config.json and preprocessor_config.json, or a config.json with the other beside it.
/// Error: neither, or read_clap_config()'s.
ClapDesign load_design(const std::string& name_or_path);

/// config.json and preprocessor_config.json. load_design() reads them back as they were.
Json config_json(const teacher::ClapConfig& config);
Json preprocessor_json(const teacher::ClapFeatureOptions& features);

}  // namespace pupil::pretrain
