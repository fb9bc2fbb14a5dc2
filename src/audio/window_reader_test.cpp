// SPDX-License-Identifier: Apache-2.0
#include "audio/window_reader.h"

#include <gtest/gtest.h>

#include "audio/testing.h"
#include "audio/wav_writer.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

constexpr std::int32_t kRateHz = 32000;

// 60 s of a slow ramp: every stretch is another.
std::vector<float> ramp() {
  std::vector<float> samples(60 * kRateHz);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i % 30011) / 40000.0F;
  return samples;
}

std::filesystem::path write(const testing::Folder& folder, const std::vector<float>& samples) {
  WavWriter writer(folder.path(), kRateHz, WavFormat::kFloat32);
  writer.write(samples);
  writer.commit(folder / "a.wav");
  return folder / "a.wav";
}

TEST(WindowReader, GivesTheStretchOfTheWhole) {
  const testing::Folder folder;
  const std::vector<float> all = ramp();
  WindowReader reader(write(folder, all));
  // Rising, overlapping, far ahead, back by little and by much.
  for (const std::int64_t start : {0, 16000, 20000, 1500000, 1490000, 300, 1900000}) {
    const std::vector<float> window = reader.read(start, 32000);
    for (std::int64_t i = 0; i < 32000; ++i) {
      const std::int64_t at = start + i;
      ASSERT_EQ(window[static_cast<std::size_t>(i)],
                at < std::ssize(all) ? all[static_cast<std::size_t>(at)] : 0.0F)
          << at;
    }
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(WindowReader, OutsideTheRecordingIsSilence) {
  const testing::Folder folder;
  WindowReader reader(write(folder, std::vector<float>(1000, 0.5F)));
  const std::vector<float> window = reader.read(-10, 1020);
  EXPECT_EQ(window[9], 0.0F);
  EXPECT_EQ(window[10], 0.5F);
  EXPECT_EQ(window[1009], 0.5F);
  EXPECT_EQ(window[1010], 0.0F);
  EXPECT_EQ(reader.read(5000, 10), std::vector<float>(10, 0.0F));
}

TEST(WindowReader, NamesTheFileThatIsMissing) {
  const testing::Folder folder;
  EXPECT_THROW(WindowReader(folder / "none.wav"), Error);
}

}  // namespace
}  // namespace pupil::audio
