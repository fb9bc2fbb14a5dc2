// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "model/model_file_test.h"
#include "pupil/edge/network.h"

namespace pupil::edge {
namespace {

LoadedModel model_with(ScoreKind kind, float gain, float offset) {
  ModelImage image = random_model(named_sketch("micro"), 1);
  image.score_kind = kind;
  for (ClassDraft& c : image.classes) {
    c.calibration_gain = gain;
    c.calibration_offset = offset;
  }
  return LoadedModel(image);
}

TEST(Scores, SoftmaxIsThatOfTheTemperedLogits) {
  const LoadedModel loaded = model_with(ScoreKind::softmax, 0.5F, 0.0F);
  const std::vector<float> logits = {1.0F, -3.0F, 2.5F};
  std::vector<float> scores(3);
  scores_from_logits(loaded.model, logits, scores);
  double total = 0;
  for (const float z : logits) total += std::exp(0.5 * z);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(scores[k], std::exp(0.5 * logits[k]) / total, 1e-6) << k;
}

TEST(Scores, SigmoidCalibratesEachClass) {
  const LoadedModel loaded = model_with(ScoreKind::sigmoid, 2.0F, -1.0F);
  const std::vector<float> logits = {0.0F, 0.5F, -40.0F};
  std::vector<float> scores(3);
  scores_from_logits(loaded.model, logits, scores);
  for (int k = 0; k < 3; ++k)
    EXPECT_NEAR(scores[k], 1.0 / (1.0 + std::exp(-(2.0 * logits[k] - 1.0))), 1e-6) << k;
}

TEST(Scores, SoftmaxOfHugeLogitsStaysFinite) {
  const LoadedModel loaded = model_with(ScoreKind::softmax, 1.0F, 0.0F);
  const std::vector<float> logits = {1e30F, -1e30F, 0.0F};
  std::vector<float> scores(3);
  scores_from_logits(loaded.model, logits, scores);
  EXPECT_NEAR(scores[0], 1.0F, 1e-6);
  EXPECT_NEAR(scores[1], 0.0F, 1e-6);
}

// A file's scales are finite, but their products may not be.
TEST(Scores, OfInfiniteLogitsAreFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const ScoreKind kind : {ScoreKind::softmax, ScoreKind::sigmoid, ScoreKind::none}) {
    const LoadedModel loaded = model_with(kind, 3e38F, 1.0F);
    std::vector<float> z = {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
    scores_from_logits(loaded.model, z, z);
    for (const float score : z) EXPECT_TRUE(std::isfinite(score));
    EXPECT_GT(z[0], z[1]);
    EXPECT_EQ(z[1], z[2]);
  }
}

// The exponential is good to 2e-7: sigmoid against double precision over its whole range.
TEST(Scores, ExponentialFollowsTheTrueOne) {
  const LoadedModel loaded = model_with(ScoreKind::sigmoid, 1.0F, 0.0F);
  for (float x = -80.0F; x < 0.0F; x += 0.173F) {
    std::vector<float> z = {x, x, x};
    scores_from_logits(loaded.model, z, z);
    const double exact = 1.0 / (1.0 + std::exp(-static_cast<double>(x)));
    EXPECT_NEAR(z[0] / exact, 1.0, 4e-7) << x;
  }
}

}  // namespace
}  // namespace pupil::edge
