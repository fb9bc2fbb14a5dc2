// SPDX-License-Identifier: Apache-2.0
// What labelling came to: counts by class and verdict, and how the teachers fare against given labels.

#pragma once

#include <string>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/windows.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_stage.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Fills classes, verdicts, label_count and truth of `report` from the labels of the windows of `filter` under a
/// configuration that is of the project's classes.
void summarise_labels(const Project& project, corpus::Catalogue& catalogue,
                      const corpus::WindowFilter& filter, std::int64_t label_config_id,
                      LabelStageReport* report);

/// Fills `refinement` of `report` from what is stored of the labels of `chain`, for the windows of `filter`.
void summarise_refinement(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                          const corpus::WindowFilter& filter, LabelStageReport* report);

/// For standard output: a table for people, or an object for machines.
std::string label_report_text(const LabelStageReport& report);
Json label_report_json(const LabelStageReport& report);

/// Fills in which broad groups there are and which step aside.
void summarise_groups(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                      LabelStageReport* report);

}  // namespace pupil::pipeline
