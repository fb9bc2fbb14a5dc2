// SPDX-License-Identifier: Apache-2.0
// Sounds and pictures for the report: what the teacher took for each class, what the separator did.

#pragma once

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "pipeline/config_chain.h"
#include "pipeline/training_set_stage.h"
#include "report/page.h"

namespace pupil::pipeline {

/// {"teacher": [{"class", "kind": "surest" | "most doubtful", "confidence", "margin", "file", "start_s",
/// "media"}], "separation": [{"file", "query", "state", "removed_db", "before", "after"}]}; "media", "before"
/// and "after" are names in `media`. Of each class the two surest windows and the two most doubtful, of
/// different clips (one of each where there are many classes); of up to four separated clips the first
/// seconds. In all at most some 7 MB.
Json report_examples(corpus::Catalogue& catalogue, const corpus::Store& store, const PreparedSet& prepared,
                     const ConfigChain& chain, report::Media* media);

}  // namespace pupil::pipeline
