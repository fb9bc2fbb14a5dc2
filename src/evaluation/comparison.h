// SPDX-License-Identifier: Apache-2.0
// Students and baselines, trained on the same windows and measured on the same test clips: the table of
// `pupil compare`.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "general/general_model.h"
#include "metrics/bootstrap.h"
#include "student/trainer.h"

namespace pupil::evaluation {

/// A published model beside the student: as it is, and under a head that the teacher's labels teach.
struct GeneralBaseline {
  std::string name;
  std::shared_ptr<const general::GeneralModel>
      model;  ///< null: its weights are not here, and its row says so
  /// Per class of the set, which of the model's outputs mean it; a class without any is never decided. Empty: the model
  /// is measured under a head alone.
  std::vector<std::vector<std::int32_t>> outputs;
};

struct ComparisonOptions {
  TrainSection train;            ///< the student's, as configured
  std::filesystem::path folder;  ///< trainings and results are kept here: a killed comparison goes on
  std::filesystem::path
      trained;             ///< where the student was trained already: not done again where it is the same
  std::int64_t seeds = 1;  ///< trainings of each network, with seeds train.seed, +1, ...
  bool separated = false;  ///< the ablation: original, separated and both views
  std::vector<std::string> only;   ///< names of rows (see comparison_names()); empty: all
  std::int64_t teacher_bytes = 0;  ///< size of the teacher's file, for transfer learning
  std::vector<GeneralBaseline> general;
  student::ImpulseResponses responses;  ///< of train.impulse_responses
  bool progress = true;
};

/// One row: the same way of training with several seeds.
struct ComparisonRow {
  std::string name;
  std::string about;             ///< one phrase
  std::vector<double> accuracy;  ///< per seed; clips of the test split. Empty: not measured
  std::vector<double> balanced_accuracy;
  std::vector<double> macro_f1;
  std::vector<double>
      retained;                ///< accuracy over the teacher's; NaN where test clips of one class alone judge
  std::int64_t bytes = 0;      ///< what a device would hold
  double macs_per_window = 0;  ///< 0: has no such count
  double window_s = 0;        ///< median wall time of one window on this machine, one thread; 0: not measured
  std::vector<double> right;  ///< [clip_count], the share of seeds that decided each clip rightly
  metrics::Interval interval;  ///< of the accuracy, mean over seeds: 95 %, bootstrap over recordings
};

struct Comparison {
  std::int64_t clip_count = 0;           ///< test clips with a given class
  std::vector<std::int64_t> recordings;  ///< [clip_count]
  std::vector<ComparisonRow> rows;       ///< the teacher first
};

/// The rows that `only` may name.
std::vector<std::string> comparison_names();

/// Test clips are scored by what was trained, and by nothing that chose. Error: as train_student(); no test
/// clip with a given class.
Comparison compare(const student::TrainingSet& set, const ComparisonOptions& options);

/// 95 % interval of how much more of the clips `ours` decides rightly than `other`, over recordings drawn for both alike.
metrics::Interval accuracy_gain(const Comparison& comparison, const ComparisonRow& ours,
                                const ComparisonRow& other);

std::string comparison_text(const Comparison& comparison);
Json comparison_json(const Comparison& comparison);

}  // namespace pupil::evaluation
