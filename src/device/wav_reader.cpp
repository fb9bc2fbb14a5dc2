// SPDX-License-Identifier: Apache-2.0
// Two chunks matter, "fmt " and "data"; others before the samples are read over, what comes after them is not read.
// read() gives what has come: it waits for the first whole frame, never for a full buffer, so that a live stream is
// scored as it comes. `held_` bytes of a frame cut by the pipe stay at the front of bytes_ for the next call.

#include "device/wav_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace pupil::device {
namespace {

constexpr std::uint32_t kPcm = 1;
constexpr std::uint32_t kFloat = 3;
constexpr std::uint32_t kExtensible = 0xFFFE;
// What recorders write where they do not know the size yet: 0, all ones, or about 2 GB (arecord).
constexpr std::uint32_t kLeastUnknownSize = 0x7FFF0000;
constexpr std::uint32_t kMostRateHz = 768000;
constexpr std::size_t kFramesAtOnce = 1024;

std::uint32_t little_endian(const unsigned char* bytes, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

std::size_t read_fully(ByteSource& source, std::span<unsigned char> bytes) {
  std::size_t held = 0;
  while (held < bytes.size()) {
    const std::size_t count = source.read(bytes.subspan(held));
    if (count == 0) break;
    held += count;
  }
  return held;
}

bool is_wav(std::span<const unsigned char, kWavMarkBytes> mark) {
  const bool riff = std::memcmp(mark.data(), "RIFF", 4) == 0 || std::memcmp(mark.data(), "RF64", 4) == 0;
  return riff && std::memcmp(mark.data() + 8, "WAVE", 4) == 0;
}

WavReader::WavReader(ByteSource& source) : source_(source) {
  std::array<unsigned char, 8> head{};
  while (read_fully(source_, head) == head.size()) {
    const std::uint32_t bytes = little_endian(head.data() + 4, 4);
    if (std::memcmp(head.data(), "data", 4) == 0) {
      if (channel_count_ == 0) throw Error("no format before the samples");
      left_ = bytes == 0 || bytes >= kLeastUnknownSize ? UINT64_MAX : bytes;
      return;
    }
    if (std::memcmp(head.data(), "fmt ", 4) == 0) {
      read_format(bytes);
    } else {
      skip(bytes + std::uint64_t{bytes & 1U});
    }
  }
  throw Error("a WAV without samples");
}

void WavReader::skip(std::uint64_t bytes) {
  std::array<unsigned char, 4096> unused;
  while (bytes > 0) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, unused.size()));
    const std::size_t count = read_fully(source_, std::span(unused).first(wanted));
    bytes -= count;
    if (count < wanted) throw Error("a WAV without samples");
  }
}

void WavReader::read_format(std::uint32_t bytes) {
  std::array<unsigned char, 40> format{};
  if (bytes < 16 || bytes > 4096) throw Error("a WAV with a strange format chunk");
  const std::size_t known = std::min<std::size_t>(bytes, format.size());
  if (read_fully(source_, std::span(format).first(known)) != known) throw Error("a WAV that is cut off");
  skip(bytes - known + (bytes & 1U));
  std::uint32_t kind = little_endian(format.data(), 2);
  if (kind == kExtensible && known >= 26) kind = little_endian(format.data() + 24, 2);
  channel_count_ = little_endian(format.data() + 2, 2);
  const std::uint32_t rate_hz = little_endian(format.data() + 4, 4);
  const std::uint32_t bits = little_endian(format.data() + 14, 2);
  sample_bytes_ = bits / 8;
  is_float_ = kind == kFloat;
  const bool known_kind =
      (kind == kPcm && bits % 8 == 0 && bits >= 8 && bits <= 32) || (kind == kFloat && bits == 32);
  if (!known_kind || channel_count_ == 0 || channel_count_ > 64) {
    throw Error(concat("a WAV of format ", kind, " with ", bits, " bits and ", channel_count_,
                       " channels is not read; S16_LE is"));
  }
  if (rate_hz == 0 || rate_hz > kMostRateHz)
    throw Error(concat("a WAV with a sample rate of ", rate_hz, " Hz"));
  rate_hz_ = static_cast<std::int32_t>(rate_hz);
}

std::size_t WavReader::read(std::span<float> samples) {
  const std::size_t frame_bytes = sample_bytes_ * channel_count_;
  bytes_.resize(kFramesAtOnce * frame_bytes);
  const std::uint64_t wanted =
      std::min<std::uint64_t>(std::min(samples.size(), kFramesAtOnce) * frame_bytes, held_ + left_);
  while (held_ < frame_bytes) {
    if (held_ >= wanted) return 0;
    const std::size_t count =
        source_.read(std::span(bytes_).subspan(held_, static_cast<std::size_t>(wanted) - held_));
    if (count == 0) return 0;
    held_ += count;
    if (left_ != UINT64_MAX) left_ -= count;
  }
  const std::size_t frames = held_ / frame_bytes;
  for (std::size_t i = 0; i < frames; ++i) {
    float sum = 0.0F;
    for (std::size_t c = 0; c < channel_count_; ++c)
      sum += sample(bytes_.data() + i * frame_bytes + c * sample_bytes_);
    // Channels of the largest numbers have a sum that is none.
    samples[i] = std::isfinite(sum) ? sum / static_cast<float>(channel_count_) : 0.0F;
  }
  std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(frames * frame_bytes),
            bytes_.begin() + static_cast<std::ptrdiff_t>(held_), bytes_.begin());
  held_ -= frames * frame_bytes;
  return frames;
}

float WavReader::sample(const unsigned char* bytes) const {
  const std::uint32_t bits = little_endian(bytes, sample_bytes_);
  if (is_float_) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : 0.0F;
  }
  if (sample_bytes_ == 1) return (static_cast<float>(bits) - 128.0F) / 128.0F;
  const auto unused = 32 - 8 * static_cast<int>(sample_bytes_);
  return static_cast<float>(static_cast<std::int32_t>(bits << unused)) * (1.0F / 2147483648.0F);
}

}  // namespace pupil::device
