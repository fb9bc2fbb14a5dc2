// SPDX-License-Identifier: Apache-2.0
// Refinement with the verdicts of people: beside fixing their items (refinement.h), they teach a linear head on the
// embedding, which then has a share in the named posteriors that the refinement starts from. How much the head counts is
// decided by cross-validation over the recordings of the verdicts; where it brings nothing beyond chance, it counts
// nothing.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "teacher/refinement.h"

namespace pupil::teacher {

/// An item whose class a person decided, and the recording that it is from: cross-validation never divides one.
struct KnownItem {
  FixedItem fixed;
  std::string recording;
};

struct VerdictHeadOptions {
  /// What a verdict counts for, against an item that is labelled by the refinement.
  double verdict_weight = 16;
  /// Fewer known items, or recordings of them, teach no head.
  std::int64_t least_items = 20;
  std::int64_t least_recordings = 10;
  /// Of the items that nobody has judged at most so many teach the head, evenly taken.
  std::int64_t most_others = 5000;
};

/// What verdicts that were held out say, class by class.
struct ClassValidation {
  std::int64_t verdict_count = 0;
  std::int64_t unaided_count = 0;  ///< rightly classified as if there were no verdicts at all
  std::int64_t half_count = 0;     ///< rightly with half of the other verdicts
  std::int64_t fixed_count = 0;    ///< rightly with fixed items alone
  std::int64_t right_count = 0;    ///< rightly with the head as it counts
};

/// How a held-out verdict's item was classified.
struct HeldOutVerdict {
  std::int32_t class_index = 0;  ///< most probable
  float confidence = 0;          ///< its probability
  bool right = false;
};

/// Verdicts are held out in five parts, so that each is judged by labels that know four fifths of them.
struct VerdictValidation {
  double share = 0;      ///< of the head in the named posterior; 0: it brings nothing
  double loss_gain = 0;  ///< mean cross-entropy of held-out verdicts, without the head less with it, nats
  double loss_gain_error = 0;            ///< its standard error, over recordings
  std::vector<ClassValidation> classes;  ///< [K]; empty: too few verdicts to hold any out
  std::vector<HeldOutVerdict> held_out;  ///< one per known item
};

struct TaughtRefinement {
  Refinement refinement;  ///< its prototypes carry the head
  VerdictValidation validation;
};

/// refine() with `known` fixed, and with the head where that is better. The head is fitted on the known items and, each
/// weighing less, on the others by their refined posteriors. Whether it helps is what it is without `known`. Error: as
/// refine(). Time: refine() up to 13 times, fit_head() 11 times.
TaughtRefinement refine_with_verdicts(std::vector<float> embeddings, std::span<const float> named,
                                      std::int64_t class_count, std::span<const KnownItem> known,
                                      const RefinementOptions& options = {},
                                      const VerdictHeadOptions& head_options = {});

}  // namespace pupil::teacher
