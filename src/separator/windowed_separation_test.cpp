// SPDX-License-Identifier: Apache-2.0
#include "separator/windowed_separation.h"

#include <cmath>
#include <random>

#include "base/error.h"
#include "separator/golden_test.h"

namespace pupil::separator {
namespace {

class WindowedGolden : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_GOLDEN();
    separator_.emplace(tiny_dir() / "weights.safetensors");
    query_.emplace(separator_->query(golden_condition(0)));
  }
  std::vector<float> run(std::span<const float> samples, const WindowPlan& plan = {}) const {
    return separate_windowed(*separator_, *query_, samples, plan);
  }

  std::optional<Separator> separator_;
  std::optional<Query> query_;
};

double rms(std::span<const float> samples) {
  double power = 0;
  for (const float sample : samples) power += static_cast<double>(sample) * sample;
  return std::sqrt(power / static_cast<double>(samples.size()));
}

TEST_F(WindowedGolden, ReferenceChunksMatch) {
  const std::vector<float> mixture = golden_audio("mixture_8p3s_32k.wav");
  const std::vector<float> ours = run(mixture, reference_chunks());
  EXPECT_LT(distance(at::tensor(ours), golden("expected.safetensors", "long_waveform_chunked_f64_container")),
            5e-6F);
  const std::vector<float> least = run(std::span(mixture).first(160001), reference_chunks());
  EXPECT_LT(distance(at::tensor(least), golden("expected.safetensors", "chunked_first160001")), 5e-6F);
}

TEST_F(WindowedGolden, ReferenceChunksAreSilentForFiveSeconds) {
  const std::vector<float> mixture = golden_audio("mixture_8p3s_32k.wav");
  EXPECT_EQ(rms(run(std::span(mixture).first(160000), reference_chunks())), 0.0);
}

TEST_F(WindowedGolden, ShortRecordingIsComputedWhole) {
  const std::vector<float> mixture = golden_audio("mixture_2s_32k.wav");
  EXPECT_EQ(run(mixture), separator_->separate(mixture, *query_));
}

TEST_F(WindowedGolden, PiecesOfAnySizeGiveTheSame) {
  const std::vector<float> mixture = golden_audio("mixture_8p3s_32k.wav");
  const WindowPlan plan{90000, 60000, 10000, 9000};
  const std::vector<float> whole = run(mixture, plan);
  ASSERT_EQ(whole.size(), mixture.size());
  std::vector<float> pieced;
  const SampleSink sink = [&](std::span<const float> part) {
    pieced.insert(pieced.end(), part.begin(), part.end());
  };
  WindowedSeparation separation(*separator_, *query_, plan);
  for (std::size_t at = 0, size = 1; at < mixture.size(); at += size, size = size * 3 % 70001) {
    separation.push(std::span(mixture).subspan(at, std::min(size, mixture.size() - at)), sink);
  }
  separation.finish(sink);
  EXPECT_EQ(pieced, whole);
}

TEST_F(WindowedGolden, EveryLengthAroundTheWindowIsKept) {
  const WindowPlan plan{32000, 20000, 4000, 3000};
  const std::vector<float> noise(80000, 0.01F);
  for (const std::size_t count : {0, 1, 31999, 32000, 32001, 52000, 52001, 79999}) {
    EXPECT_EQ(run(std::span(noise).first(count), plan).size(), count);
  }
}

constexpr std::int64_t kSteadySamples = 20 * kSampleRateHz;  // two joins

// Largest difference in level between blocks of 100 ms of two signals.
double worst_level_change_db(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kBlock = 3200;
  double worst = 0;
  for (std::size_t at = 0; at + kBlock <= a.size(); at += kBlock) {
    worst =
        std::max(worst, std::abs(20 * std::log10(rms(a.subspan(at, kBlock)) / rms(b.subspan(at, kBlock)))));
  }
  return worst;
}

// A step is a large second difference; of a tone it is small everywhere.
float largest_bend(std::span<const float> samples) {
  float largest = 0;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    largest = std::max(largest, std::abs(samples[i] - 2 * samples[i - 1] + samples[i - 2]));
  }
  return largest;
}

TEST_F(WindowedGolden, SteadyToneHasNoSeam) {
  std::vector<float> tone(kSteadySamples);
  for (std::size_t i = 0; i < tone.size(); ++i) {
    tone[i] = 0.3F * static_cast<float>(std::sin(2 * M_PI * 440.0 / kSampleRateHz * static_cast<double>(i)));
  }
  const std::vector<float> windowed = run(tone);
  const std::vector<float> whole = separator_->separate(tone, *query_);
  EXPECT_LT(worst_level_change_db(windowed, whole), 0.1);
  EXPECT_LT(largest_bend(windowed), 1.02F * largest_bend(whole));
}

TEST_F(WindowedGolden, NoiseHasNoSeam) {
  std::vector<float> noise(kSteadySamples);
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 0.1F);
  for (float& sample : noise) sample = normal(random);
  const std::vector<float> windowed = run(noise);
  const std::vector<float> whole = separator_->separate(noise, *query_);
  EXPECT_LT(worst_level_change_db(windowed, whole), 0.2);
  EXPECT_LT(largest_bend(windowed), 1.1F * largest_bend(whole));
}

TEST_F(WindowedGolden, ContextAndFadeAreWhatHidesTheSeam) {
  std::vector<float> noise(12 * kSampleRateHz);
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 0.1F);
  for (float& sample : noise) sample = normal(random);
  const std::vector<float> whole = separator_->separate(noise, *query_);
  const auto error = [&](const WindowPlan& plan) {
    return distance(at::tensor(run(noise, plan)), at::tensor(whole));
  };
  const std::int64_t window = 512 * 320;
  EXPECT_LT(error({window, 256 * 320, 96 * 320, 63 * 320}), 0.5F * error({window, window, 0, 0}));
}

TEST(WindowPlanRules, AreChecked) {
  SKIP_WITHOUT_GOLDEN();
  const Separator separator(tiny_dir() / "weights.safetensors");
  const Query query = separator.query(golden_condition(0));
  EXPECT_THROW(WindowedSeparation(separator, query, {1000, 900, 60, 60}), Error);
  EXPECT_THROW(WindowedSeparation(separator, query, {1000, 400, 60, 60}), Error);
}

}  // namespace
}  // namespace pupil::separator
