// SPDX-License-Identifier: Apache-2.0
#include "listen/pcm_reader.h"

#include <gtest/gtest.h>

#include "audio/wav_writer.h"
#include "base/error.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

using Bytes = std::vector<unsigned char>;

Bytes bytes_of(const std::vector<std::int16_t>& samples) {
  const auto* begin = reinterpret_cast<const unsigned char*>(samples.data());
  return {begin, begin + 2 * samples.size()};
}

Bytes wav_of(const std::vector<std::int16_t>& samples, std::int32_t rate_hz) {
  std::vector<float> floats;
  for (const std::int16_t sample : samples) floats.push_back(static_cast<float>(sample) / 32768.0F);
  const std::vector<std::byte> wav = audio::wav_bytes(floats, rate_hz);
  const auto* begin = reinterpret_cast<const unsigned char*>(wav.data());
  return {begin, begin + wav.size()};
}

std::vector<std::int16_t> read_in_pieces(const Bytes& bytes, std::size_t piece) {
  PcmReader reader(kTestRateHz);
  std::vector<std::int16_t> samples;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    reader.push(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)), samples);
  return samples;
}

TEST(PcmReader, GivesTheSameSamplesInWhateverPieces) {
  const std::vector<std::int16_t> noise = test_noise(0.1);
  for (const std::size_t piece : {1U, 3U, 7U, 4096U}) {
    EXPECT_EQ(read_in_pieces(bytes_of(noise), piece), noise) << "raw, " << piece;
    EXPECT_EQ(read_in_pieces(wav_of(noise, kTestRateHz), piece), noise) << "WAV, " << piece;
  }
}

TEST(PcmReader, RefusesAWavOfAnotherRate) {
  try {
    read_in_pieces(wav_of(test_noise(0.1), 48000), 1000);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a WAV of 48000 Hz; the model wants 16000 Hz");
  }
}

TEST(PcmReader, EndsWaitingForAHeaderThatNeverComes) {
  Bytes bytes = wav_of(test_noise(0.1), kTestRateHz);
  bytes.resize(12);
  bytes.resize(1 << 17, 0);
  EXPECT_THROW(read_in_pieces(bytes, 4096), Error);
}

}  // namespace
}  // namespace pupil::listen
