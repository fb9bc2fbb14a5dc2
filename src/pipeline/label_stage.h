// SPDX-License-Identifier: Apache-2.0
// The labelling stage: every window is embedded by the teachers, scored against the classes, decided. It joins the
// catalogue (src/corpus) with the teachers (src/teacher), which do not know each other.
//
//   embed  audio -> embeddings           costly; done once per teacher and audio
//   score  embeddings -> logits [K]      cheap; a changed prompt does only this again
//   label  logits -> soft target, verdict  cheap; done again whenever thresholds or the corpus change
//
// Each step reads what is pending for its own configuration and writes a batch per transaction: stopped
// anywhere, it goes on.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/scores.h"
#include "corpus/shard_results.h"
#include "corpus/store.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_refinement.h"
#include "pipeline/project_teacher.h"
#include "project/project_file.h"

namespace pupil::pipeline {

struct ClassReport {
  std::string name;
  std::map<corpus::Verdict, std::int64_t> window_count;  ///< decided for this class, by verdict
  /// Of the accepted windows whose clip carries a given label that names a class: how many, how many rightly.
  std::int64_t accepted_with_truth_count = 0;
  std::int64_t accepted_right_count = 0;
  /// Clip by clip; NaN where the class does not occur among given labels, or was never decided.
  std::int64_t truth_clip_count = 0;
  double clip_precision = 0;
  double clip_recall = 0;
  double clip_auc = 0;  ///< of the class's probability, against all other clips
};

/// How the teachers fare against given labels, clip by clip: a clip's probabilities are the mean of its active
/// windows' soft targets. Clips whose given label names no class take part in `any_class_auc` only.
struct TruthReport {
  std::int64_t clip_count = 0;  ///< clips whose given label names a class
  double accuracy = 0;
  double balanced_accuracy = 0;
  /// The classes' probabilities together against the negatives: does it tell dog from no dog?
  double any_class_auc = 0;
  std::int64_t any_class_count = 0;  ///< clips that are some class
  std::int64_t rest_count = 0;       ///< clips that are a negative
};

/// How the labels were refined (label_refinement.h), and what that changed.
struct RefinementReport {
  RefinementFigures figures;
  std::vector<std::int64_t>
      named_accepted_count;  ///< [K]: windows that would be accepted as named, before any cap
};

struct LabelStageReport {
  std::int64_t embedded_count = 0;  ///< new embeddings of this run
  std::int64_t scored_count = 0;    ///< new scores of this run
  std::int64_t label_count = 0;     ///< windows that now have a label
  std::vector<ClassReport> classes;
  std::map<corpus::Verdict, std::int64_t> verdicts;
  std::vector<corpus::SkipCount> skips;
  TruthReport truth;
  std::optional<RefinementReport> refinement;  ///< none with [label] refine = "off"
  std::string groups;  ///< groups_text(), for people; empty without [label] broad_negatives
};

/// What comes before the first embedding: cuts windows, has views judged, checks that there is something to label and that the
/// classes can be told apart. Error: they cannot.
ConfigChain prepare_labelling(const Project& project, corpus::Catalogue& catalogue,
                              const corpus::Store& store, const corpus::ShardResults* results,
                              const TeacherLoader& load_teacher);

/// Embeds and scores what is pending, then labels all windows of the project, with a run record (`options`: as
/// it will stand there). What is in `results` (null: nothing) the teachers are not asked for again: shards have embedded it
/// (label_shard.h). Error: a teacher cannot be loaded, the disk is full...; what was committed until then stays.
LabelStageReport run_label_stage(const Project& project, corpus::Catalogue& catalogue,
                                 const corpus::Store& store, const corpus::ShardResults* results,
                                 const Json& options,
                                 const TeacherLoader& load_teacher = load_project_teacher);

/// What the stage would find to do.
struct LabelForecast {
  std::int64_t unembedded_count = 0;  ///< windows (clips with input = "clip"), summed over teachers
  std::int64_t undecided_count = 0;   ///< windows without a label under the present configuration
  std::int64_t window_count = 0;      ///< in all
  std::string kind;                   ///< of the work of embedding, for measured_rate()
  std::string reason;  ///< why there is something to do: the first link that is not as it should be

  bool nothing_to_do() const { return unembedded_count == 0 && undecided_count == 0; }
};

/// Embeds nothing and writes nothing. Error: a teacher cannot be loaded.
LabelForecast forecast_labels(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::pipeline
