// SPDX-License-Identifier: Apache-2.0
#include "separator/separator.h"

#include "base/error.h"
#include "separator/golden_test.h"

namespace pupil::separator {
namespace {

constexpr float kWaveformTolerance = 5e-6F;

class SeparatorGolden : public testing::TestWithParam<const char*> {
 protected:
  float separated_distance(std::span<const float> mixture, std::int64_t condition,
                           const char* expected) const {
    const Separator separator(tiny_dir() / GetParam());
    const std::vector<float> wanted =
        separator.separate(mixture, separator.query(golden_condition(condition)));
    return distance(at::tensor(wanted), golden("expected.safetensors", expected));
  }
};

TEST_P(SeparatorGolden, WaveformMatches) {
  SKIP_WITHOUT_GOLDEN();
  EXPECT_LT(separated_distance(golden_audio("mixture_2s_32k.wav"), 0, "waveform"), kWaveformTolerance);
}

TEST_P(SeparatorGolden, SecondConditionMatches) {
  SKIP_WITHOUT_GOLDEN();
  EXPECT_LT(separated_distance(golden_audio("mixture_2s_32k.wav"), 1, "waveform_condition1"),
            kWaveformTolerance);
}

TEST_P(SeparatorGolden, OddLengthsMatch) {
  SKIP_WITHOUT_GOLDEN();
  const std::vector<float> mixture = golden_audio("mixture_2s_32k.wav");
  for (const std::size_t count : {2049, 10239, 20480, 20481}) {
    const std::string name = "waveform_first" + std::to_string(count);
    EXPECT_LT(separated_distance(std::span(mixture).first(count), 0, name.c_str()), kWaveformTolerance)
        << count;
  }
}

TEST_P(SeparatorGolden, LongWaveformMatches) {
  SKIP_WITHOUT_GOLDEN();
  EXPECT_LT(separated_distance(golden_audio("mixture_8p3s_32k.wav"), 0, "long_waveform_full"),
            kWaveformTolerance);
}

INSTANTIATE_TEST_SUITE_P(Files, SeparatorGolden,
                         testing::Values("weights.safetensors", "tiny_lightning.ckpt"));

TEST(Separator, KeepsAnyLength) {
  SKIP_WITHOUT_GOLDEN();
  const Separator separator(tiny_dir() / "weights.safetensors");
  const Query query = separator.query(golden_condition(0));
  for (const std::size_t count : {0, 1, 319, 1024, 1025, 3000}) {
    EXPECT_EQ(separator.separate(std::vector<float>(count, 0.1F), query).size(), count);
  }
}

TEST(Separator, RefusesBadInput) {
  SKIP_WITHOUT_GOLDEN();
  const Separator separator(tiny_dir() / "weights.safetensors");
  EXPECT_THROW(separator.query(std::vector<float>(511)), Error);
  EXPECT_THROW(separator.query(std::vector<float>(512, NAN)), Error);
  const Query query = separator.query(golden_condition(0));
  EXPECT_THROW(separator.separate(std::vector<float>{0.0F, INFINITY}, query), Error);
  EXPECT_THROW(Separator(tiny_dir() / "expected.safetensors"), Error);
}

}  // namespace
}  // namespace pupil::separator
