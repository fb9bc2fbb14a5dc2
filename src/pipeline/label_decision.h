// SPDX-License-Identifier: Apache-2.0
// From teachers' logits to labels: standardised, averaged, decided, capped. The cheap end of the labelling
// stage (label_stage.h), apart from running the teachers. Called by it, and by config_chain.h for the text of its
// configuration.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/scores.h"
#include "corpus/windows.h"
#include "pipeline/config_chain.h"
#include "project/project_file.h"
#include "teacher/zero_shot.h"

namespace pupil::pipeline {

/// One teacher's stored scores and its part in the average.
struct EnsembleMember {
  corpus::StageConfig score;
  double weight = 1.0;
  double temperature = 1.0;
  /// Of teachers that are standardised, and of others that know a class by its examples alone.
  std::optional<teacher::ScoreStandardiser> standardiser;
  bool standardises_all = false;   ///< else only `shown`, brought to the scale of the classes that have words
  std::vector<std::size_t> shown;  ///< indices into [S]
  /// teacher::Teacher::embedding_begin()
  std::int64_t embedding_begin = 0;
  std::vector<std::size_t> kept;   ///< [W], kept_classes()
  std::size_t named_count = 0;     ///< of them
  std::vector<float> bank_scores;  ///< [N, S], of the bank's windows; empty: no bank
};

/// What teachers' scores are standardised by and labels are refined by: recordings that nothing is judged on at the end.
inline constexpr corpus::Split kLearnedSplits[] = {corpus::Split::train, corpus::Split::val};

/// A member whose scores are standardised by those of the bank alone: for audio that is no clip of the project. `kept`:
/// kept_classes(); `bank_scores` [N, S] of a teacher of `kind`; empty: no bank.
EnsembleMember member_of(const Project& project, const TeacherSpec& spec, std::string_view kind,
                         std::vector<std::size_t> kept, std::vector<float> bank_scores);

/// What the stored scores of the chain's teachers are read by, one per teacher; embedding_begin is left at 0. A bank
/// counts among what scores are standardised by. Error: as read_bank_scores().
std::vector<EnsembleMember> find_members(const Project& project, corpus::Catalogue& catalogue,
                                         const ConfigChain& chain);

/// The posterior [W] that the members' logits [S] come to; `logits` has one row per member, empty where that teacher
/// said nothing. Empty when none did.
std::vector<float> average_members(std::span<const EnsembleMember> members,
                                   std::vector<std::vector<float>> logits);

/// The named posterior [W] of a window: what the members' stored scores come to. Empty when no teacher scored it.
std::vector<float> named_posterior_of(corpus::Catalogue& catalogue, std::span<const EnsembleMember> members,
                                      std::int64_t window_id);

/// The verdict of [label] on a soft target: none_of_these below `reject`, accepted from `accept` and `margin` on, else
/// doubtful. Caps come later.
corpus::WindowLabel decide(const LabelSection& section, std::span<const SoundClass> classes,
                           std::vector<float> soft);

/// All that decides the labels of the windows of `chain.filter` (whose links before "label" are known): the text of
/// their "label" configuration. Where a window's label hangs on the others (a standardised teacher, a cap) it names
/// them all: when the corpus has changed, all labels are made anew.
std::string label_config_text(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain);

/// Labels every window of `chain.filter` under `chain.label`, refined as [label] refine says, and stores what they were
/// refined by (label_refinement.h); labels of other configurations are forgotten. For one process at a time, once all
/// windows are scored.
void decide_labels(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                   std::span<const EnsembleMember> members);

}  // namespace pupil::pipeline
