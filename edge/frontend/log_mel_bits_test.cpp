// The front end's bits never change: models were trained on them. These numbers were printed by
// `build/release/tests/cross/frontend_bits`; tests/cross compares the same program between machines.

#include "frontend/feature_hash_test.h"
#include "frontend/whole_clip_test.h"

namespace pupil::edge {

TEST(LogMelBits, StudentIsWhatModelsWereTrainedOn) {
  EXPECT_EQ(feature_hash(preset("student")), 0xc5df0f2346e0ae4aU);
}

TEST(LogMelBits, OtherSizesScalesAndPaddings) {
  EXPECT_EQ(feature_hash(preset("k16")), 0x819683f31ad52daaU);
  EXPECT_EQ(feature_hash(preset("k16_win1024:const")), 0x9cba91f5c29ef7a8U);
  EXPECT_EQ(feature_hash(preset("panns32k:power")), 0xdc6743776391337cU);
  EXPECT_EQ(feature_hash(preset("clap_fusion")), 0x43fbb9a9059f3bd8U);
  EXPECT_EQ(feature_hash(preset("efficientat")), 0xd09942201a6c2745U);
}

TEST(LogMelBits, LongestTransform) {
  LogMelOptions options = preset("k16");
  options.window_samples = 2048;
  options.fft_samples = 2048;
  EXPECT_EQ(feature_hash(options), 0x1db19a85628cae63U);
}

}  // namespace pupil::edge
