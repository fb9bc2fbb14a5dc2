// SPDX-License-Identifier: Apache-2.0
// Prototypes: what the classes of one corpus sound like in a teacher's embedding, found without labels
// (refinement.h), and the posteriors that they give. Used by whoever labels windows, and by teachers that
// score while a student trains.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "teacher/linear_head.h"

namespace pupil::teacher {

/// Mean and spread of each value of an embedding over a corpus.
struct EmbeddingScale {
  std::vector<float> mean;       ///< [D]
  std::vector<float> deviation;  ///< [D]; 0: a value that never differed, and counts for nothing

  /// Of `rows` [N, D]; the sums run in the order of the rows. Error: no rows, or not rows of D.
  static EmbeddingScale measure(std::span<const float> rows, std::int64_t dimension);

  /// Standardises `row` [D] in place and scales it to length 1; zeros where nothing is left of it.
  void apply(std::span<float> row) const;
};

/// Scales `row` to length 1; a row of zeros stays.
void scale_to_unit(std::span<float> row);

/// The classes' prototypes. "Named" is the posterior [K] that the teachers give by the names of the classes
/// alone.
struct Prototypes {
  EmbeddingScale scale;
  std::vector<float> directions;  ///< [K, D], each of length 1
  std::vector<std::uint8_t>
      has_direction;          ///< [K]; 0: too few recordings sound like it, and it stays as named
  double concentration = 10;  ///< what a cosine counts for, in nats (a von Mises-Fisher kappa)
  /// Of new audio's posterior. Above 1: the mixture alone is right less often than it says.
  double temperature = 1.5;
  /// What people's verdicts taught beside (verdict_head.h), and its share [K] in the named posterior; empty: no head.
  LinearHead head;
  std::vector<float> head_shares;

  std::int64_t class_count() const;

  /// Takes all directions away: every class stays as named.
  void forget();

  /// Writes the cosines [K] of a standardised row of length 1 to the directions.
  void cosines(std::span<const float> unit_row, std::span<float> result) const;

  /// Writes softmax((evidence + log named) / softening) over the classes that have a direction to `result`
  /// [K]; the others keep their named probability, and the rest is shared out. `evidence` [K] in nats.
  void combine(std::span<const float> evidence, std::span<const float> named, double softening,
               std::span<float> result) const;

  /// The posterior [K] of new audio from its embedding [D], as the teacher gives it, and its named posterior
  /// [K], in which the head has its share first, by evidence = concentration * cosines. Error: other sizes than those of the corpus.
  std::vector<float> posterior(std::span<const float> embedding, std::span<const float> named) const;
};

}  // namespace pupil::teacher
