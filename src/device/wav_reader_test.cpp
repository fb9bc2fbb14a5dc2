// SPDX-License-Identifier: Apache-2.0
#include "device/wav_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/error.h"

namespace pupil::device {
namespace {

// Gives `step` bytes at a time, as a pipe may.
class Bytes : public ByteSource {
 public:
  explicit Bytes(std::string bytes, std::size_t step = 5) : bytes_(std::move(bytes)), step_(step) {}
  std::size_t read(std::span<unsigned char> out) override {
    const std::size_t count = std::min({out.size(), step_, bytes_.size() - at_});
    std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t step_, at_ = 0;
};

std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string head(std::uint32_t kind, std::uint32_t channels, std::uint32_t bits, std::uint32_t data_bytes) {
  return "LIST" + number(3, 4) + std::string(4, 'x') + "fmt " + number(16, 4) + number(kind, 2) +
         number(channels, 2) + number(8000, 4) + number(8000 * channels * bits / 8, 4) +
         number(channels * bits / 8, 2) + number(bits, 2) + "data" + number(data_bytes, 4);
}

std::vector<float> samples_of(const std::string& wav) {
  Bytes source(wav);
  WavReader reader(source);
  std::vector<float> all, piece(3);
  while (const std::size_t count = reader.read(piece))
    all.insert(all.end(), piece.begin(), piece.begin() + count);
  return all;
}

}  // namespace

TEST(WavReader, ReadsStereoInAnyPiecesAndStopsAtItsEnd) {
  const std::string data = number(0x4000, 2) + number(0, 2) + number(0x8000, 2) + number(0x8000, 2);
  EXPECT_EQ(samples_of(head(1, 2, 16, 8) + data + "LIST"), (std::vector<float>{0.25F, -1}));
}

TEST(WavReader, UnknownSizesMeanUntilTheEnd) {
  for (const std::uint32_t size : {0U, 0xFFFFFFFFU, 0x80000000U}) {
    EXPECT_EQ(samples_of(head(1, 1, 16, size) + number(0x4000, 2) + "x"), (std::vector<float>{0.5F}));
  }
}

TEST(WavReader, ReadsTheFormatsThatItNames) {
  EXPECT_EQ(samples_of(head(1, 1, 8, 2) + number(0xC080, 2)), (std::vector<float>{0, 0.5F}));
  EXPECT_EQ(samples_of(head(1, 1, 24, 3) + number(0x400000, 3)), (std::vector<float>{0.5F}));
  EXPECT_EQ(samples_of(head(1, 1, 32, 4) + number(0xC0000000, 4)), (std::vector<float>{-0.5F}));
  EXPECT_EQ(samples_of(head(3, 1, 32, 8) + number(0x3F000000, 4) + number(0x7FC00000, 4)),
            (std::vector<float>{0.5F, 0}));
}

TEST(WavReader, GivesNumbersWhereTheSumOfChannelsIsNone) {
  const std::string largest = number(0x7F7FFFFF, 4);
  EXPECT_EQ(samples_of(head(3, 2, 32, 8) + largest + largest), (std::vector<float>{0}));
}

TEST(WavReader, RefusesWhatItCannotRead) {
  EXPECT_THROW(samples_of(head(2, 1, 4, 8)), Error);  // ADPCM
  EXPECT_THROW(samples_of(head(1, 0, 16, 8)), Error);
  EXPECT_THROW(samples_of("data" + number(8, 4)), Error);
  EXPECT_THROW(samples_of("LIST" + number(0xFFFFFFFF, 4)), Error);
  EXPECT_THROW(samples_of(""), Error);
}

}  // namespace pupil::device
