// SPDX-License-Identifier: Apache-2.0
// From a teacher's numbers to a decision, step by step: prompts to a class embedding, embeddings to scores, scores to
// z-scores over the corpus, z-scores to a soft target, several teachers' targets to one, a target to a decision.
// Sums are in double; what is stored is float. Every function throws on input that cannot be meant (no scores, values
// that are not finite), for a NaN that gets through here becomes a label.

#include "teacher/zero_shot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

void add_normalised(std::span<const float> row, std::span<double> sum) {
  double square = 0;
  for (const float value : row) square += static_cast<double>(value) * value;
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  for (std::size_t i = 0; i < row.size(); ++i) sum[i] += row[i] * scale;
}

}  // namespace

std::vector<float> prompt_ensemble(std::span<const float> prompts, std::int64_t embedding_size) {
  const auto size = static_cast<std::size_t>(embedding_size);
  if (embedding_size <= 0 || prompts.empty() || prompts.size() % size != 0) {
    throw Error(
        concat("prompt ensemble: ", prompts.size(), " numbers are not embeddings of ", embedding_size));
  }
  std::vector<double> sum(size);
  for (std::size_t at = 0; at < prompts.size(); at += size) add_normalised(prompts.subspan(at, size), sum);
  const double square = std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0);
  if (!(square > 0)) throw Error("prompt ensemble: the prompts cancel each other out");
  std::vector<float> ensemble(size);
  for (std::size_t i = 0; i < size; ++i) ensemble[i] = static_cast<float>(sum[i] / std::sqrt(square));
  return ensemble;
}

std::vector<float> class_scores(std::span<const float> audio, std::span<const float> classes,
                                double logit_scale) {
  if (audio.empty() || classes.size() % audio.size() != 0) {
    throw Error(concat("class scores: ", classes.size(), " numbers are not embeddings of ", audio.size()));
  }
  std::vector<float> scores;
  for (std::size_t at = 0; at < classes.size(); at += audio.size()) {
    const double similarity = std::inner_product(audio.begin(), audio.end(), classes.begin() + at, 0.0);
    scores.push_back(static_cast<float>(similarity * logit_scale));
  }
  return scores;
}

std::vector<float> mapped_scores(std::span<const float> outputs,
                                 std::span<const std::vector<std::int32_t>> mapping) {
  std::vector<float> scores;
  for (std::size_t k = 0; k < mapping.size(); ++k) {
    if (mapping[k].empty()) throw Error(concat("class ", k, " has no output of the tagger"));
    float best = -INFINITY;
    for (const std::int32_t index : mapping[k]) {
      if (index < 0 || static_cast<std::size_t>(index) >= outputs.size()) {
        throw Error(concat("class ", k, ": the tagger has no output ", index));
      }
      best = std::max(best, outputs[static_cast<std::size_t>(index)]);
    }
    scores.push_back(best);
  }
  return scores;
}

ScoreStandardiser::ScoreStandardiser(std::int64_t class_count)
    : mean_(static_cast<std::size_t>(class_count)), squares_(static_cast<std::size_t>(class_count)) {}

// Welford's recurrence: no catastrophic cancellation however long the corpus.
void ScoreStandardiser::add(std::span<const float> scores) {
  if (scores.size() != mean_.size()) throw Error("standardiser: another number of classes");
  ++count_;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const double distance = scores[k] - mean_[k];
    mean_[k] += distance / static_cast<double>(count_);
    squares_[k] += distance * (scores[k] - mean_[k]);
  }
}

std::vector<float> ScoreStandardiser::standardised(std::span<const float> scores) const {
  if (scores.size() != mean_.size()) throw Error("standardiser: another number of classes");
  const std::vector<double> deviation = deviations();
  std::vector<float> result(scores.size());
  for (std::size_t k = 0; k < scores.size(); ++k) {
    result[k] = deviation[k] > 0 ? static_cast<float>((scores[k] - mean_[k]) / deviation[k]) : 0.0F;
  }
  return result;
}

std::vector<double> ScoreStandardiser::deviations() const {
  std::vector<double> result;
  for (const double squares : squares_) {
    result.push_back(count_ > 0 ? std::sqrt(squares / static_cast<double>(count_)) : 0);
  }
  return result;
}

std::vector<float> soft_target(std::span<const float> scores, double temperature) {
  if (scores.empty()) throw Error("soft target: no scores");
  if (!(temperature > 0) || !std::isfinite(temperature))
    throw Error("soft target: temperature is not positive");
  for (const float score : scores) {
    if (!std::isfinite(score)) throw Error("soft target: a score is not finite");
  }
  const float largest = *std::ranges::max_element(scores);
  std::vector<double> powers;
  double sum = 0;
  for (const float score : scores) {
    powers.push_back(std::exp((static_cast<double>(score) - largest) / temperature));
    sum += powers.back();
  }
  std::vector<float> target;
  for (const double power : powers) target.push_back(static_cast<float>(power / sum));
  return target;
}

std::vector<float> ensemble_target(std::span<const TeacherScores> teachers) {
  if (teachers.empty()) throw Error("ensemble: no teachers");
  std::vector<double> sum(teachers[0].scores.size());
  double weights = 0;
  for (const TeacherScores& teacher : teachers) {
    if (teacher.scores.size() != sum.size())
      throw Error("ensemble: teachers know different numbers of classes");
    if (!(teacher.weight >= 0)) throw Error("ensemble: a weight is negative");
    const std::vector<float> target = soft_target(teacher.scores, teacher.temperature);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += teacher.weight * target[k];
    weights += teacher.weight;
  }
  if (!(weights > 0)) throw Error("ensemble: the weights add up to zero");
  std::vector<float> mean;
  for (const double value : sum) mean.push_back(static_cast<float>(value / weights));
  return mean;
}

Decision decide(std::span<const float> target) {
  if (target.empty()) throw Error("decision: no classes");
  Decision decision;
  float second = 0;
  double entropy = 0;
  for (std::size_t k = 0; k < target.size(); ++k) {
    if (k == 0 || target[k] > decision.confidence) {
      second = k == 0 ? 0 : decision.confidence;
      decision.class_index = static_cast<std::int32_t>(k);
      decision.confidence = target[k];
    } else {
      second = std::max(second, target[k]);
    }
    if (target[k] > 0) entropy -= target[k] * std::log(static_cast<double>(target[k]));
  }
  decision.margin = decision.confidence - second;
  decision.entropy = static_cast<float>(entropy);
  return decision;
}

}  // namespace pupil::teacher
