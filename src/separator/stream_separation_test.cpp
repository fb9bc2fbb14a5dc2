// SPDX-License-Identifier: Apache-2.0
#include "separator/stream_separation.h"

#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/test_folder.h"
#include "separator/golden_test.h"

namespace pupil::separator {
namespace {

class StreamGolden : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_GOLDEN();
    separator_.emplace(tiny_dir() / "weights.safetensors");
    query_.emplace(separator_->query(golden_condition(0)));
  }
  audio::Decoder mixture(std::int32_t rate = kSampleRateHz) const {
    return audio::Decoder(golden_dir() / "audio" / "mixture_8p3s_32k.wav", {rate});
  }

  std::optional<Separator> separator_;
  std::optional<Query> query_;
  std::vector<float> in_;
  std::vector<float> out_;
  PairSink keep_ = [this](std::span<const float> mixture, std::span<const float> wanted) {
    in_.insert(in_.end(), mixture.begin(), mixture.end());
    out_.insert(out_.end(), wanted.begin(), wanted.end());
  };
};

TEST_F(StreamGolden, WaveformMatchesFromTheFileOn) {
  audio::Decoder decoder = mixture();
  const SeparationMeasure measure = separate_stream(decoder, *separator_, *query_, {}, keep_);
  EXPECT_LT(distance(at::tensor(out_), golden("expected.safetensors", "long_waveform_full")), 5e-6F);
  EXPECT_EQ(in_, golden_audio("mixture_8p3s_32k.wav"));
  EXPECT_EQ(measure.sample_count, 265637);
}

TEST_F(StreamGolden, MixBlendsTheRecordingBack) {
  audio::Decoder decoder = mixture();
  StreamOptions options;
  options.mix = 1;
  const SeparationMeasure measure = separate_stream(decoder, *separator_, *query_, options, keep_);
  EXPECT_LT(distance(at::tensor(out_), at::tensor(in_)), 1e-6F);
  EXPECT_NEAR(measure.energy_ratio(), 1, 1e-6);
  EXPECT_LT(measure.removed_db(), -100);
}

TEST_F(StreamGolden, RefusesAnotherRate) {
  audio::Decoder decoder = mixture(16000);
  EXPECT_THROW(separate_stream(decoder, *separator_, *query_, {}, keep_), Error);
}

TEST(SeparationMeasure, Ratios) {
  SeparationMeasure measure;
  measure.mixture_energy = 8;
  measure.wanted_energy = 2;
  measure.residual_energy = 0.8;
  EXPECT_DOUBLE_EQ(measure.energy_ratio(), 0.25);
  EXPECT_NEAR(measure.removed_db(), -10, 1e-12);
  EXPECT_EQ(SeparationMeasure().energy_ratio(), 0);
}

TEST(SeparationMeasure, Judgement) {
  SeparationMeasure measure;
  measure.mixture_energy = 1;
  measure.wanted_energy = 0.5;
  measure.loudest_db = -30;
  EXPECT_EQ(judge(measure), OutputState::good);
  measure.wanted_energy = 5e-5;
  EXPECT_EQ(judge(measure), OutputState::silent);
  measure.wanted_energy = 0.5;
  measure.loudest_db = -71;
  EXPECT_EQ(judge(measure), OutputState::silent);
  measure.wanted_energy = 4.1;
  EXPECT_EQ(judge(measure), OutputState::destroyed);
}

}  // namespace
}  // namespace pupil::separator
