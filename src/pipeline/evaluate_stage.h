// SPDX-License-Identifier: Apache-2.0
// The evaluating stage: how good the exported model is on recordings that nothing learned from, beside the
// float student and the teacher, and the report that shows it. It joins the catalogue (src/corpus), the
// student (src/student), the measuring (src/evaluation) and the page (src/report).
//
// Reads DIR/model/NAME.pupil, DIR/train/student.safetensors and the teacher's stored scores; writes
// DIR/report/report.json and DIR/report/index.html, each whole or not at all. Same inputs, same bytes, but
// for the object "measured_here" of report.json (times of this machine).

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/sources.h"
#include "corpus/store.h"
#include "project/project_file.h"

namespace pupil::pipeline {

struct EvaluateStageOptions {
  /// Long recordings, to count false alarms in. One that has a list of its events beside it (its name with
  /// .csv for its extension: onset_s, offset_s, label) may hold the sounds; others must not.
  std::vector<std::string> long_files;
  /// Labelled recordings beside the project's own (`pupil evaluate --data`), by the project's words for
  /// labels.
  std::vector<corpus::Source> data;
  double data_hop_s = 0.5;  ///< from one window of theirs to the next
  /// A folder of impulse responses of microphones that no training has met; empty: not measured.
  std::filesystem::path microphones;
  /// The model to measure; empty: DIR/model/NAME.pupil, or the only one there.
  std::filesystem::path model;
  /// Whether report/index.html is drawn; report.json always is written.
  bool page = true;
  Json record;  ///< the options as the run record will show them
};

/// What is worth a line at the end of a run; all of it and more stands in `json`.
struct EvaluationReport {
  std::filesystem::path model;
  std::int64_t model_bytes = 0;
  std::filesystem::path page;  ///< empty where none was drawn
  std::filesystem::path json_path;

  /// The int8 student against the teacher on clips of `split`: of accuracy against given labels (student's /
  /// teacher's) where `against_truth`, else the share of clips on which both decide alike. NaN where there is
  /// no clip to judge by, or all are of one class; low and high also with fewer than two recordings.
  bool against_truth = false;
  std::string split;  ///< "test", or "val" where there is no test clip; empty: neither
  std::int64_t clip_count = 0;
  std::vector<std::string> judged_classes;  ///< those that the clips are of
  double retained = 0;
  double retained_low = 0;  ///< 95 %, bootstrap over recordings
  double retained_high = 0;

  Json json;  ///< report.json
};

/// Measures and writes, with a run record. Error: nothing is labelled, trained or exported yet, or otherwise than
/// pupil.toml asks for (with the command that does it), a broken model, a full disk.
EvaluationReport run_evaluate_stage(const Project& project, corpus::Catalogue& catalogue,
                                    const corpus::Store& store, const EvaluateStageOptions& options = {});

/// Whether DIR/report was made without options from the model, student, settings and labels as they are now.
bool evaluation_is_current(const Project& project, corpus::Catalogue& catalogue);

/// For standard output: the table of figures and where the report is.
std::string evaluation_text(const EvaluationReport& report);

}  // namespace pupil::pipeline
