// SPDX-License-Identifier: Apache-2.0
// Refined labels of a project: joins the catalogue's embeddings and scores with teacher/refinement.h. Called
// by label_decision.cpp where windows are decided, and by label_stage.h's live teachers.
//
// An item is a view with [teacher] input = "clip", else a stretch of one: the mean over its scored windows,
// of embeddings and of named posteriors. What a person said of some windows of a stretch holds for these, which are then an
// item of their own. Prototypes are learned from items of train and val recordings, and an item's windows all get its
// posterior; windows of test recordings are scored by the prototypes, as new audio is.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "pipeline/config_chain.h"
#include "pipeline/known_classes.h"
#include "pipeline/label_decision.h"
#include "pipeline/verdict_worth.h"
#include "project/project_file.h"
#include "teacher/prototype_file.h"

namespace pupil::pipeline {

/// How the refinement of a project's labels went.
struct RefinementFigures {
  bool helps = false;                 ///< false: all labels stay as named
  double agreement = 0;               ///< teacher::Refinement::agreement
  double named_confidence = 0;        ///< teacher::Refinement::named_confidence
  std::int64_t item_count = 0;        ///< that it learned from
  std::int64_t fixed_count = 0;       ///< of them with a class that was taken for certain (known_classes.h)
  std::vector<double> start_margins;  ///< [K], teacher::Refinement::start_margins
  std::int64_t reviewed_count = 0;    ///< of the fixed ones: by a person's review
  std::int64_t contradictory_count = 0;  ///< items whose reviews disagree: not fixed
  std::int64_t example_count = 0;        ///< of the fixed ones: examples of their class
  VerdictWorth worth;                    ///< what held-out verdicts say
};

/// What [label] refine and fixed_per_class decide by, for the text of the "label" configuration; null where
/// refine is "off". Part of it are the given labels and the reviews that are fixed.
Json refinement_config(const Project& project, corpus::Catalogue& catalogue);

/// How much of a recording is one item where the teacher does not hear whole clips: 10 s of windows that it hears alone, whose
/// embeddings are poor one by one; 3 s where it hears their context, for what sounds for longer is seldom one sound
/// (docs/teachers.md).
double stretch_seconds(const Project& project);

/// For reports: all but the margins.
Json refinement_json(const RefinementFigures& figures);

class LabelRefinement {
 public:
  /// Learns from all scored windows of train and val recordings. Nothing where there is none, or [label]
  /// refine is "off". Same project, same result, to the bit.
  static std::optional<LabelRefinement> learn(const Project& project, corpus::Catalogue& catalogue,
                                              const ConfigChain& chain,
                                              std::span<const EnsembleMember> members);

  /// The posterior [W] of a window from its named one: its item's where it was learned from, else by the
  /// prototypes. Named where its embedding is missing.
  std::vector<float> posterior(corpus::Catalogue& catalogue, const corpus::Window& window,
                               std::vector<float> named) const;

  /// Writes DIR/label/prototypes.safetensors for the labels of `label_hash`, and verdicts.json beside it where verdicts
  /// were held out; each whole or not at all.
  void write(const Project& project, const std::string& label_hash) const;

  const RefinementFigures& figures() const { return figures_; }

 private:
  // A view's id and, unless it is one item, the stretch's number and the reviewed class of the windows, kNotReviewed,
  // or kContradictory.
  using Item = std::tuple<std::int64_t, std::int64_t, std::int32_t>;
  static constexpr std::int32_t kNotReviewed = -2;
  static constexpr std::int32_t kContradictory = -3;

  bool by_clip_ = false;
  double window_s_ = 1, stretch_s_ = 1;
  std::int64_t embed_config_id_ = 0;
  std::int64_t embedding_begin_ = 0;
  KnownClasses known_;
  teacher::Prototypes prototypes_;
  std::vector<float> posteriors_;            // [N, W]
  std::map<Item, std::size_t> row_of_item_;  // 0 to N - 1
  RefinementFigures figures_;

  double start_s(const corpus::Window& window) const;
  Item item_of(const corpus::Window& window) const;
  std::vector<float> embedding(corpus::Catalogue& catalogue, const corpus::Window& window) const;
  friend class RefinementBuilder;
};

/// What is stored of the refinement of the labels that pupil.toml asks for.
struct StoredRefinement {
  teacher::Prototypes prototypes;
  RefinementFigures figures;
};

/// Nothing where [label] refine is "off", nothing is stored, or what is there was made with other labels.
std::optional<StoredRefinement> read_refinement(const Project& project, const ConfigChain& chain);

}  // namespace pupil::pipeline
