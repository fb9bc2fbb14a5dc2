// SPDX-License-Identifier: Apache-2.0
// What Hugging Face's config.json and preprocessor_config.json say about a CLAP model. Keys that a file
// leaves out have the reference's defaults: many published files hold only what differs from them.

#pragma once

#include <cstdint>

#include "base/json.h"
#include "nn/roberta.h"
#include "teacher/clap_features.h"
#include "teacher/htsat_sizes.h"

namespace pupil::teacher {

struct ClapConfig {
  HtsatSizes audio;
  nn::RobertaSizes text;
  /// Size of the space that text and audio share.
  std::int64_t projection_size = 512;
};

/// Throws Error that names the key: of the wrong type, or a value that this network does not have.
ClapConfig read_clap_config(const Json& config);

/// As read_clap_config, for preprocessor_config.json.
ClapFeatureOptions read_clap_feature_options(const Json& config);

/// Throws Error that lists every size in which `config` and the tensors (`found`) disagree.
void check_agreement(const ClapConfig& config, const ClapConfig& found);

}  // namespace pupil::teacher
