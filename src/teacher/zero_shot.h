// SPDX-License-Identifier: Apache-2.0
// From what teachers say to labels, without training: class scores, soft targets, decisions. Plain functions
// on arrays; whoever labels windows calls them.
//
// A teacher gives one score per class (K scores, negatives included). CLAP's are similarities to the prompts
// times its logit scale; a tagger's are its mapped outputs, standardised over the corpus. A softmax makes
// either a soft target; several teachers are averaged there.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::teacher {

/// The embedding of a class from those of its prompts, [prompts, D] row by row: their mean after each has
/// been scaled to length 1, itself scaled to length 1. Rows of zeros count as zeros. Throws Error when
/// `prompts` is empty, not rows of D, or averages to zero.
std::vector<float> prompt_ensemble(std::span<const float> prompts, std::int64_t embedding_size);

/// CLAP's scores of one window: similarity to each class times `logit_scale`. `audio` is [D] and `classes`
/// [K, D], all rows of length 1.
std::vector<float> class_scores(std::span<const float> audio, std::span<const float> classes,
                                double logit_scale);

/// A tagger's scores of one window: per class the largest of the outputs that are mapped to it.
/// `mapping[k]` are indices into `outputs`. Throws Error on a class without outputs or an index outside.
std::vector<float> mapped_scores(std::span<const float> outputs,
                                 std::span<const std::vector<std::int32_t>> mapping);

/// Temperature of a softmax over standardised scores. They are z-scores: a window's own class stands 4 to 8 deviations out
/// among as many classes near 0. With it, the softmax of 50 such classes gives that class 0.9 at 4 deviations, and 0.1 at 2.
inline constexpr double kStandardisedTemperature = 0.5;

/// Mean and spread of each class's scores over a corpus; then takes both out, so that classes which a tagger
/// rates low throughout can win as well. The sums do not depend on how a corpus is cut into batches beyond
/// rounding.
class ScoreStandardiser {
 public:
  explicit ScoreStandardiser(std::int64_t class_count);

  /// Counts the scores [K] of one window in.
  void add(std::span<const float> scores);
  std::int64_t count() const { return count_; }

  /// Per class, [K]: what standardised() takes out.
  const std::vector<double>& means() const { return mean_; }
  std::vector<double> deviations() const;

  /// (score - mean) / standard deviation per class; 0 for a class whose scores never differed.
  std::vector<float> standardised(std::span<const float> scores) const;

 private:
  std::int64_t count_ = 0;
  std::vector<double> mean_;
  std::vector<double> squares_;  // Sum of squared distances from the mean.
};

/// Softmax of scores / temperature. Throws Error on no scores, one that is not finite, or a temperature that
/// is not positive.
std::vector<float> soft_target(std::span<const float> scores, double temperature = 1.0);

/// What one teacher says about one window.
struct TeacherScores {
  std::span<const float> scores;  ///< [K]
  double weight = 1.0;
  /// Above 1 softens this teacher's target, below 1 sharpens it.
  double temperature = 1.0;
};

/// The weighted mean of the teachers' soft targets.
/// Throws Error on no teachers, different K, a negative weight, or weights that add up to zero.
std::vector<float> ensemble_target(std::span<const TeacherScores> teachers);

/// The hard side of a soft target.
struct Decision {
  std::int32_t class_index = 0;  ///< The most probable; the first of equals.
  float confidence = 0;          ///< Its probability.
  float margin = 0;              ///< Its lead over the second (its probability when there is no second).
  float entropy = 0;             ///< In nats: 0 when sure, ln K when clueless.
};

/// Throws Error on an empty target.
Decision decide(std::span<const float> target);

}  // namespace pupil::teacher
