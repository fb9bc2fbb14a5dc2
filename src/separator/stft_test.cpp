// SPDX-License-Identifier: Apache-2.0
#include "separator/stft.h"

#include "base/error.h"
#include "separator/golden_test.h"
#include "separator/mask.h"

namespace pupil::separator {
namespace {

TEST(Stft, ToneFillsItsBin) {
  // Bin 64 of 2048 at 32 kHz is 1 kHz; the window's mean is 1/2.
  const at::Tensor tone = at::cos(at::arange(8192, at::kDouble) * (2 * M_PI * 64 / 2048)).to(at::kFloat);
  const at::Tensor loudness = magnitude(Stft(2048, 320).forward(tone));
  ASSERT_EQ(loudness.size(0), 1 + 8192 / 320);
  EXPECT_NEAR(loudness[10][64].item<float>(), 2048 / 4.0, 1e-2);
  EXPECT_LT(loudness[10][80].item<float>(), 1e-2);
}

TEST(Stft, InverseGivesTheSignalBack) {
  const Stft stft(2048, 320);
  for (const std::int64_t count : {1025, 2048, 2049, 10239, 20480, 20481}) {
    const at::Tensor signal = at::randn({count});
    EXPECT_LT(distance(stft.inverse(stft.forward(signal), count), signal), 2e-6F) << count;
  }
}

TEST(Stft, RefusesWhatCannotBeReflected) {
  const Stft stft(2048, 320);
  EXPECT_EQ(stft.min_samples(), 1025);
  EXPECT_THROW(stft.forward(at::zeros({1024})), Error);
}

TEST(Stft, IgnoresImaginaryPartOfDc) {
  const Stft stft(64, 16);
  Spectrum spectrum = stft.forward(at::randn({256}));
  const at::Tensor before = stft.inverse(spectrum, 256);
  spectrum.imag.select(1, 0).fill_(3.0);
  EXPECT_LT(distance(stft.inverse(spectrum, 256), before), 1e-6F);
}

}  // namespace
}  // namespace pupil::separator
