// SPDX-License-Identifier: Apache-2.0
// The front end's bits never change: models were trained on them. These numbers were printed by
// `build/release/tests/cross/frontend_bits`; tests/cross compares the same program between machines.

#include "frontend/feature_hash_test.h"
#include "frontend/whole_clip_test.h"

namespace pupil::edge {

class LogMelBits : public testing::TestWithParam<KernelSet> {
 protected:
  void SetUp() override {
    if (!kernel_set_available(GetParam())) GTEST_SKIP() << to_string(GetParam()) << " cannot run here";
  }
  static std::uint64_t hash(const LogMelOptions& options) { return feature_hash(options, GetParam()); }
};

TEST_P(LogMelBits, StudentIsWhatModelsWereTrainedOn) {
  EXPECT_EQ(hash(preset("student")), 0xc5df0f2346e0ae4aU);
}

TEST_P(LogMelBits, OtherSizesScalesAndPaddings) {
  EXPECT_EQ(hash(preset("k16:single")), 0x819683f31ad52daaU);
  EXPECT_EQ(hash(preset("clap_fusion:single")), 0x43fbb9a9059f3bd8U);
  EXPECT_EQ(hash(preset("efficientat:single")), 0xd09942201a6c2745U);
}

TEST_P(LogMelBits, HighPrecision) {
  EXPECT_EQ(hash(preset("k16")), 0x5b01e4bd3c60fffeU);
  EXPECT_EQ(hash(preset("k16_win1024:const")), 0x00f30f04395934d0U);
  EXPECT_EQ(hash(preset("panns32k:power")), 0xa63498ceb94cefdfU);
  EXPECT_EQ(hash(preset("clap_fusion")), 0x141463746c982960U);
  EXPECT_EQ(hash(preset("efficientat")), 0xd1ed65824e48cf61U);
}

TEST_P(LogMelBits, LongestTransform) {
  LogMelOptions options = preset("k16:single");
  options.window_samples = 2048;
  options.fft_samples = 2048;
  EXPECT_EQ(hash(options), 0x1db19a85628cae63U);
}

INSTANTIATE_TEST_SUITE_P(Sets, LogMelBits,
                         testing::Values(KernelSet::reference, KernelSet::avx2, KernelSet::avx512_vnni),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace pupil::edge
