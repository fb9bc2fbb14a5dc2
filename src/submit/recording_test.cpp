// SPDX-License-Identifier: Apache-2.0
#include "submit/recording.h"

#include <cmath>
#include <limits>

#include "audio/flac_writer.h"
#include "audio/wav_writer.h"
#include "corpus/test_project.h"

namespace pupil::submit {
namespace {

using Bytes = std::vector<std::byte>;

Bytes wav(const std::vector<float>& samples, int rate_hz = 16000) {
  return audio::wav_bytes(samples, rate_hz);
}

std::vector<float> tone(double duration_s, float level, int rate_hz = 16000) {
  std::vector<float> samples(static_cast<std::size_t>(duration_s * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = level * std::sin(0.3F * static_cast<float>(i));
  return samples;
}

Bytes bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// Empty: it is taken.
std::string problem(const Bytes& bytes) {
  return read_recording(bytes, {}).problem;
}

bool says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST(ReadRecording, GivesTheSamplesAndWhatTheyMeasure) {
  const Recording recording = read_recording(wav(tone(2, 0.5F)), {});
  EXPECT_EQ(recording.problem, "");
  EXPECT_TRUE(recording.is_sound);
  EXPECT_EQ(recording.samples.size(), 32000U);
  EXPECT_EQ(recording.rate_hz, 16000);
  EXPECT_DOUBLE_EQ(recording.duration_s, 2);
  EXPECT_NEAR(recording.peak_db, -6, 0.2);
  EXPECT_EQ(recording.clipped_share, 0);
}

TEST(ReadRecording, KeepsAtMost48Kilohertz) {
  const Recording recording = read_recording(wav(tone(1, 0.5F, 96000), 96000), {});
  EXPECT_EQ(recording.rate_hz, 48000);
  EXPECT_NEAR(static_cast<double>(recording.samples.size()), 48000, 2);
}

TEST(ReadRecording, SaysWhatIsWrong) {
  EXPECT_TRUE(says(problem(wav(tone(0.3, 0.5F))), "too short: 0.30 s"));
  EXPECT_TRUE(says(problem(wav(tone(61, 0.5F))), "too long"));
  EXPECT_TRUE(says(problem(wav(tone(2, 0.005F))), "too quiet: its loudest moment is at -46 dB"));
  EXPECT_TRUE(says(problem(wav(std::vector<float>(32000, 0.0F))), "no sound in it"));
  EXPECT_TRUE(says(problem(wav(std::vector<float>(32000, 0.4F))), "no sound in it")) << "a constant offset";
  EXPECT_TRUE(says(problem(wav(tone(2, 1.3F))), "clipped")) << problem(wav(tone(2, 1.3F)));
  EXPECT_TRUE(says(problem(wav(tone(2, 0.5F, 4000), 4000)), "4000 samples a second"));
  EXPECT_TRUE(says(problem({}), "0 bytes"));
}

TEST(ReadRecording, TakesNoFileForSoundThatDoesNotBeginAsSound) {
  for (const std::string_view text :
       {"GIF89a and so on", "<html><body>", "#!/bin/sh\nrm -rf /", "#EXTM3U\nhttp://evil.example/a.mp3\n",
        "ffconcat version 1.0\nfile /etc/passwd\n", "%PDF-1.7", "MZ",
        "\x7f"
        "ELF",
        "RIFF....AVI ", "x"}) {
    EXPECT_TRUE(says(problem(bytes_of(text)), "no sound file")) << text;
    EXPECT_FALSE(read_recording(bytes_of(text), {}).is_sound) << text;
  }
}

TEST(ReadRecording, SurvivesFilesThatOnlyBeginAsSound) {
  Bytes good = wav(tone(2, 0.5F));
  for (const std::string_view begin : {"RIFF\xff\xff\xff\xffWAVE", "fLaC", "OggS",
                                       "\0\0\0\x18"
                                       "ftypM4A ",
                                       "\x1a\x45\xdf\xa3", "FORM....AIFF", "ID3\x04", "\xff\xfb\x90\x64"}) {
    EXPECT_NE(problem(bytes_of(begin)), "") << begin;
    Bytes mixed = bytes_of(begin);
    mixed.insert(mixed.end(), good.begin() + 12, good.begin() + 4000);
    read_recording(mixed, {});  // whatever it says
  }
  for (const std::size_t size : {13U, 20U, 43U, 44U, 45U}) {
    EXPECT_NE(problem({good.begin(), good.begin() + size}), "") << size;
  }
}

TEST(ReadRecording, RefusesAnotherKindBehindASoundsBeginning) {
  // An MP3's sync, then nothing that FFmpeg would read as one.
  Bytes text = bytes_of("\xff\xfb\x90\x64 #EXTM3U\nfile:///etc/passwd\n");
  text.resize(5000, std::byte{'a'});
  EXPECT_FALSE(read_recording(text, {}).problem.empty());
}

TEST(ReadRecording, DecodesNoMoreOfABombThanIsTaken) {
  const TestFolder folder;
  audio::FlacWriter writer(folder.path(), 8000);
  const std::vector<float> minute(60 * 8000, 0.25F);
  for (int i = 0; i < 20; ++i) writer.write(minute);
  writer.commit(folder / "constant.flac");
  const Bytes bytes = file_bytes(folder / "constant.flac");
  ASSERT_LT(bytes.size(), 60'000U) << "20 minutes of a constant";
  const Recording recording = read_recording(bytes, {});
  EXPECT_TRUE(says(recording.problem, "too long"));
  EXPECT_EQ(recording.samples.capacity(), 0U);
}

TEST(ReadRecording, RefusesSamplesThatAreNoNumbers) {
  const TestFolder folder;
  audio::WavWriter writer(folder.path(), 16000, audio::WavFormat::kFloat32);
  std::vector<float> samples = tone(2, 0.5F);
  for (std::size_t i = 0; i < samples.size(); i += 100) samples[i] = std::numeric_limits<float>::quiet_NaN();
  writer.write(samples);
  writer.commit(folder / "nan.wav");
  EXPECT_TRUE(says(problem(file_bytes(folder / "nan.wav")), "not numbers"));
}

TEST(ReadRecording, RefusesFilesThatAreTooLarge) {
  RecordingLimits limits;
  limits.max_bytes = 1000;
  EXPECT_TRUE(says(read_recording(wav(tone(2, 0.5F)), limits).problem, "too large: 64.1 kB, and 1.0 kB"))
      << read_recording(wav(tone(2, 0.5F)), limits).problem;
}

}  // namespace
}  // namespace pupil::submit
