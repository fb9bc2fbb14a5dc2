// SPDX-License-Identifier: Apache-2.0
// What a project's stages left behind, as parts of report.json: what was collected, separated, labelled,
// learned, compared. Each gives null where that stage has not run.

#pragma once

#include "base/json.h"
#include "corpus/catalogue.h"
#include "pipeline/config_chain.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Hours, recordings, splits, licences, sources, given labels, and what was set aside and why.
Json collection_json(corpus::Catalogue& catalogue, const ConfigChain& chain);

/// Separated views of the chain by judgement, and what was taken away on average.
Json separation_json(corpus::Catalogue& catalogue, const ConfigChain& chain);

/// Teachers, their input, verdicts, classes, how they fare against given labels.
Json labelling_json(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain);

/// The epochs of DIR/train/metrics.jsonl.
Json training_json(const Project& project);

/// DIR/compare/comparison.json.
Json comparison_json(const Project& project);

}  // namespace pupil::pipeline
