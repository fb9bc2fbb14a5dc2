// SPDX-License-Identifier: Apache-2.0
#include "picture/picture.h"

#include <gtest/gtest.h>

#include <array>

namespace pupil::picture {
namespace {

TEST(Picture, PngBeginsWithItsSignatureAndSize) {
  const std::vector<std::byte> png = Picture(300, 2, {1, 2, 3}).png();
  constexpr std::array<int, 24> kStart = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13,
                                          'I',  'H', 'D', 'R', 0,  0,  1,  44, 0, 0, 0, 2};
  ASSERT_GT(png.size(), kStart.size());
  for (std::size_t i = 0; i < kStart.size(); ++i) EXPECT_EQ(static_cast<int>(png[i]), kStart[i]) << i;
}

TEST(Picture, HeatRisesInBrightness) {
  int last = -1;
  for (int i = 0; i <= 20; ++i) {
    const Colour colour = heat_colour(static_cast<float>(i) / 20.0f);
    const int brightness = 3 * colour.red + 6 * colour.green + colour.blue;
    EXPECT_GT(brightness, last);
    last = brightness;
  }
}

TEST(Picture, DrawingOutsideIsIgnored) {
  Picture picture(4, 4, {0, 0, 0});
  picture.fill(-10, -10, 100, 100, {9, 9, 9});
  picture.text(2, 2, "0Hz", {1, 1, 1});
  draw_spectrogram(picture, 0, 0, 4, 4, {}, 64, 1.0f);
  draw_waveform(picture, 0, 0, 4, 4, {}, {1, 1, 1});
}

}  // namespace
}  // namespace pupil::picture
