// SPDX-License-Identifier: Apache-2.0
#include "teacher/prototypes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

// Two classes along the axes and a third without a direction; embeddings are [2].
Prototypes two_of_three() {
  Prototypes prototypes;
  prototypes.scale = {{1, 1}, {2, 2}};
  prototypes.directions = {1, 0, 0, 1, 0, 0};
  prototypes.has_direction = {1, 1, 0};
  prototypes.concentration = 2;
  prototypes.temperature = 1;
  return prototypes;
}

TEST(EmbeddingScale, TakesOutMeanAndSpreadAndLength) {
  const EmbeddingScale scale = EmbeddingScale::measure(Floats{1, 5, 3, 5}, 2);
  EXPECT_EQ(scale.mean, (Floats{2, 5}));
  EXPECT_EQ(scale.deviation, (Floats{1, 0}));
  Floats row = {4, 7};
  scale.apply(row);
  EXPECT_EQ(row, (Floats{1, 0})) << "a value that never differed counts for nothing";
  Floats nothing = {2, 7};
  scale.apply(nothing);
  EXPECT_EQ(nothing, (Floats{0, 0}));
  EXPECT_THROW(EmbeddingScale::measure(Floats{}, 2), Error);
  EXPECT_THROW(EmbeddingScale::measure(Floats{1, 2, 3}, 2), Error);
}

TEST(Prototypes, WeighWhatItSoundsLikeWithItsNames) {
  const Floats posterior = two_of_three().posterior(Floats{3, 1}, Floats{0.25F, 0.5F, 0.25F});
  const double first = 0.25 * std::exp(2.0), second = 0.5;
  EXPECT_FLOAT_EQ(posterior[0], static_cast<float>(0.75 * first / (first + second)));
  EXPECT_FLOAT_EQ(posterior[1], static_cast<float>(0.75 * second / (first + second)));
  EXPECT_FLOAT_EQ(posterior[2], 0.25F) << "without a direction it stays as named";
}

TEST(Prototypes, WithoutDirectionsAllStaysAsNamed) {
  Prototypes prototypes = two_of_three();
  prototypes.has_direction = {0, 0, 0};
  const Floats named = {0.25F, 0.5F, 0.25F};
  EXPECT_EQ(prototypes.posterior(Floats{3, 1}, named), named);
}

TEST(Prototypes, ATemperatureSoftensWhatTheyDecide) {
  Prototypes prototypes = two_of_three();
  prototypes.temperature = 2;
  const Floats posterior = prototypes.posterior(Floats{3, 1}, Floats{0.25F, 0.5F, 0.25F});
  const double first = std::sqrt(0.25) * std::exp(1.0), second = std::sqrt(0.5);
  EXPECT_FLOAT_EQ(posterior[0], static_cast<float>(0.75 * first / (first + second)));
  EXPECT_FLOAT_EQ(posterior[2], 0.25F);
}

TEST(Prototypes, ANamedProbabilityOfZeroIsNotForever) {
  EXPECT_GT(two_of_three().posterior(Floats{3, 1}, Floats{0, 1, 0})[0], 0.0F);
}

TEST(Prototypes, RefuseOtherSizes) {
  EXPECT_THROW(two_of_three().posterior(Floats{1}, Floats{0, 1, 0}), Error);
  EXPECT_THROW(two_of_three().posterior(Floats{1, 2}, Floats{0, 1}), Error);
}

}  // namespace
}  // namespace pupil::teacher
