// SPDX-License-Identifier: Apache-2.0
// Refines zero-shot posteriors without labels, by transduction: recordings that sound alike are given the
// same class, whatever their scores by name. Called by the labelling stage once all items (clips or windows)
// are scored.
//
// The classes' names start a mixture of von Mises-Fisher distributions over the teacher's embedding, one per
// class: a class's prototype is the mean of the items that are most surely it. Then, again and again, every
// item's posterior is taken from the prototypes, its own named posterior and the posteriors of its nearest
// neighbours, and the prototypes from the posteriors. Where the names of a class fit badly but its recordings
// sound alike, the cluster outvotes them.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "teacher/prototypes.h"

namespace pupil::teacher {

struct RefinementOptions {
  /// Items that a prototype starts from: the most probable of its class.
  std::int64_t start_count = 16;
  /// A class that fewer items are called stays as named.
  std::int64_t least_count = 3;
  std::int32_t neighbour_count = 5;
  double concentration = 10;  ///< Prototypes::concentration
  double temperature = 1.5;   ///< Prototypes::temperature
  /// Of the corpus's own posteriors: surer by their neighbours, they need more of it.
  double corpus_temperature = 2;
  /// The embedding carries the classes where at least this share of the items keep their class...
  double least_agreement = 0.7;
  /// ...and this much more than the named posterior is sure of (names that are right in 80 % are not changed
  /// in 25 %).
  double least_lead = 0.08;
  /// Classes from this one on count as one where classes are compared ("none of these" has many names); -1: none do.
  std::int64_t rest_begin = -1;
};

/// An item whose class is known: its posterior never changes, and it moves its class's prototype.
struct FixedItem {
  std::int64_t item = 0;    ///< 0 to N - 1
  std::vector<float> soft;  ///< [K], sums to 1
};

struct Refinement {
  /// Of the classes; no class has a direction where `helps` is false.
  Prototypes prototypes;
  std::vector<float> posteriors;  ///< [N, K]; the named ones (and fixed items) where `helps` is false
  /// Share of the items that are not fixed whose most probable class is still the one of the named posterior.
  double agreement = 1;
  double named_confidence = 0;  ///< mean over the same items of the named posterior's highest probability
  bool helps = true;            ///< agreement reached what RefinementOptions asks for
  /// [K]: by how much a class leads all others in the named posterior, as mean over the items that its
  /// prototype started from; in [-1, 1]. Low or negative: its words fit no recording well.
  std::vector<double> start_margins;
};

/// `embeddings` [N, D] as one teacher gives them, `named` [N, K] in the same order: one that comes from the
/// audio alone, so that the same corpus gives the same result. It depends neither on the number of libtorch's
/// threads nor on chance. Error: no items, sizes that disagree, values that are not finite, a fixed item
/// twice or outside. Time and memory: find_neighbours(), and 10 * N * K * D multiplications; N * (D + 5 K)
/// floats.
Refinement refine(std::vector<float> embeddings, std::span<const float> named, std::int64_t class_count,
                  std::span<const FixedItem> fixed = {}, const RefinementOptions& options = {});

}  // namespace pupil::teacher
