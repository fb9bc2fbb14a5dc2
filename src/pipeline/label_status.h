// SPDX-License-Identifier: Apache-2.0
// The part of `pupil status` that says what was labelled and, where nothing can be learned, why.

#pragma once

#include <string>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/status.h"

namespace pupil::pipeline {

/// Windows by class under `labels`, the configuration that pupil.toml asks for (ConfigChain::label); last, where no training
/// can start, a line that says why. Empty where nothing was labelled so and nothing is missing.
std::string label_status_text(corpus::Catalogue& catalogue, const corpus::StageConfig& labels,
                              const corpus::CatalogueStatus& status);

/// {"accept", "margin", "reject", "activity_db", "background", "classes": [{"label", "train", "val", "test" (accepted
/// windows), "doubtful", "none_of_these", "capped", "best_confidence"}], "why_nothing_is_learned"}; null where nothing
/// was labelled so.
Json label_status_json(corpus::Catalogue& catalogue, const corpus::StageConfig& labels,
                       const corpus::CatalogueStatus& status);

}  // namespace pupil::pipeline
