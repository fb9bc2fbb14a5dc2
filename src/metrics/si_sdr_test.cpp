// SPDX-License-Identifier: Apache-2.0
// Values worked out by hand from the published formulas.

#include "metrics/si_sdr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace pupil::metrics {
namespace {

using Samples = std::vector<float>;

TEST(Sdr, ByHand) {
  // |s|^2 = 25, |s - e|^2 = 1 + 1.
  EXPECT_NEAR(sdr_db(Samples{3, 4}, Samples{2, 5}), 10 * std::log10(25.0 / 2), 1e-12);
  // Half the level: the error is half the signal, 6.02 dB.
  EXPECT_NEAR(sdr_db(Samples{1, -2, 3}, Samples{0.5, -1, 1.5}), 20 * std::log10(2.0), 1e-12);
}

TEST(SiSdr, ByHand) {
  // s = (3, 4), e = (2, 5): a = 26/25; a s = (3.12, 4.16); |a s|^2 = 27.04; a s - e = (1.12, -0.84),
  // energy 1.96.
  EXPECT_NEAR(si_sdr_db(Samples{3, 4}, Samples{2, 5}), 10 * std::log10(27.04 / 1.96), 1e-12);
}

TEST(SiSdr, IsTheCotangentOfTheAngle) {
  // An equivalent form: SI-SDR = 10 log10(cos^2 / sin^2) of the angle between them. Here 30 degrees.
  const double angle = M_PI / 6;
  const Samples truth = {1, 0};
  const Samples estimate = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  EXPECT_NEAR(si_sdr_db(truth, estimate), 10 * std::log10(3.0), 1e-5);
}

TEST(SiSdr, DoesNotMindTheScale) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Samples truth(1000), estimate(1000), louder(1000);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    truth[i] = normal(random);
    estimate[i] = truth[i] + 0.1F * normal(random);
    louder[i] = -4 * estimate[i];
  }
  EXPECT_NEAR(si_sdr_db(truth, estimate), 20, 0.5);
  EXPECT_NEAR(si_sdr_db(truth, estimate), si_sdr_db(truth, louder), 1e-9);
  EXPECT_LT(sdr_db(truth, louder), 0);
}

TEST(SiSdr, Edges) {
  EXPECT_EQ(sdr_db(Samples{1, 2}, Samples{1, 2}), INFINITY);
  EXPECT_EQ(si_sdr_db(Samples{1, 2}, Samples{1, 2}), INFINITY);
  EXPECT_EQ(si_sdr_db(Samples{1, 0}, Samples{0, 1}), -INFINITY);
  EXPECT_EQ(si_sdr_db(Samples{1, 2}, Samples{0, 0}), -INFINITY);
  EXPECT_EQ(sdr_db(Samples{0, 0}, Samples{1, 0}), -INFINITY);
  EXPECT_TRUE(std::isnan(si_sdr_db(Samples{0, 0}, Samples{1, 0})));
  EXPECT_TRUE(std::isnan(sdr_db(Samples{0, 0}, Samples{0, 0})));
  EXPECT_THROW(sdr_db(Samples{1}, Samples{1, 2}), std::invalid_argument);
  EXPECT_THROW(si_sdr_db(Samples{NAN}, Samples{1}), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
