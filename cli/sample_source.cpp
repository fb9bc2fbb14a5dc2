// SPDX-License-Identifier: Apache-2.0
// What comes on standard input says itself what it is, or is raw: the first twelve bytes decide. A WAV's header is read
// and used, for arecord and ffmpeg write one unasked; other files are refused by name, for their bytes would be taken for
// samples. Through read(2), not stdio: what has come is used at once, not when a buffer is full.

#include "sample_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "device/wav_reader.h"

namespace pupil::cli {
namespace {

constexpr const char* kStandardInput = "standard input";

/// Standard input, the bytes that were looked at first included.
class InputBytes : public device::ByteSource {
 public:
  InputBytes() {
    mark_bytes_ = device::read_fully(*this, mark_);
    looked_ = true;
  }

  /// Shorter than kWavMarkBytes where the input is.
  std::span<const unsigned char> mark() const { return std::span(mark_).first(mark_bytes_); }
  /// The mark is not given again.
  void drop_mark() { given_ = mark_bytes_; }

  std::size_t read(std::span<unsigned char> bytes) override {
    if (looked_ && given_ < mark_bytes_) {
      const std::size_t count = std::min(bytes.size(), mark_bytes_ - given_);
      std::copy_n(mark_.begin() + static_cast<std::ptrdiff_t>(given_), count, bytes.begin());
      given_ += count;
      return count;
    }
    for (;;) {
      const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) throw Error(concat(kStandardInput, ": ", std::strerror(errno)));
    }
  }

 private:
  std::array<unsigned char, device::kWavMarkBytes> mark_{};
  std::size_t mark_bytes_ = 0, given_ = 0;
  bool looked_ = false;
};

/// Raw signed 16-bit little-endian mono samples.
class RawInput : public SampleSource {
 public:
  explicit RawInput(InputBytes input) : input_(std::move(input)) {}

  std::size_t read(std::span<float> samples) override {
    const std::size_t wanted = std::min(samples.size() * 2, bytes_.size());
    while (held_ < 2) {
      const std::size_t count = input_.read(std::span(bytes_).subspan(held_, wanted - held_));
      if (count == 0) return 0;  // half a sample at the end is dropped
      held_ += count;
    }
    const std::size_t whole = held_ / 2;
    for (std::size_t i = 0; i < whole; ++i) {
      const auto bits = static_cast<std::uint16_t>(bytes_[2 * i] | bytes_[2 * i + 1] << 8);
      samples[i] = static_cast<float>(static_cast<std::int16_t>(bits)) * (1.0F / 32768.0F);
    }
    bytes_[0] = bytes_[2 * whole < bytes_.size() ? 2 * whole : 0];
    held_ -= 2 * whole;
    return whole;
  }

 private:
  InputBytes input_;
  std::array<unsigned char, 8192> bytes_{};
  std::size_t held_ = 0;
};

class WavInput : public SampleSource {
 public:
  explicit WavInput(InputBytes input) : input_(std::move(input)) {
    input_.drop_mark();
    reader_.emplace(input_);
  }
  std::int32_t sample_rate_hz() const { return reader_->sample_rate_hz(); }
  std::size_t read(std::span<float> samples) override { return reader_->read(samples); }

 private:
  InputBytes input_;
  std::optional<device::WavReader> reader_;
};

struct FileMark {
  std::size_t at;
  std::string_view bytes;
  const char* name;
};
constexpr FileMark kFileMarks[] = {{0, "fLaC", "a FLAC file"},
                                   {0, "OggS", "an Ogg file"},
                                   {0, "ID3", "an MP3 file"},
                                   {4, "ftyp", "an MP4 or M4A file"},
                                   {0, "caff", "a CAF file"},
                                   {0, "FORM", "an AIFF file"},
                                   {0, ".snd", "an AU file"},
                                   {0, "\x1A\x45\xDF\xA3", "a Matroska or WebM file"},
                                   {0, "RIFF", "a RIFF file that is no WAV"},
                                   {0, "RIFX", "a WAV of big-endian samples"}};

void refuse_other_files(std::span<const unsigned char> mark, std::int32_t sample_rate_hz) {
  for (const FileMark& known : kFileMarks) {
    if (mark.size() < known.at + known.bytes.size()) continue;
    if (std::memcmp(mark.data() + known.at, known.bytes.data(), known.bytes.size()) != 0) continue;
    throw Error(concat(kStandardInput, " holds ", known.name,
                       ", not raw samples: ffmpeg -i pipe: -f s16le -ac 1 -ar ", sample_rate_hz,
                       " - | pupil classify ..."));
  }
}

std::unique_ptr<SampleSource> open_standard_input(std::int32_t sample_rate_hz) {
  InputBytes input;
  const auto mark = input.mark();
  if (mark.size() == device::kWavMarkBytes && device::is_wav(mark.first<device::kWavMarkBytes>())) {
    return with_context(kStandardInput, [&]() -> std::unique_ptr<SampleSource> {
      auto wav = std::make_unique<WavInput>(std::move(input));
      const std::int32_t rate_hz = wav->sample_rate_hz();
      if (rate_hz == sample_rate_hz) return wav;
      return resampled(std::move(wav), rate_hz, sample_rate_hz);
    });
  }
  refuse_other_files(mark, sample_rate_hz);
  return std::make_unique<RawInput>(std::move(input));
}

}  // namespace

std::unique_ptr<SampleSource> open_samples(const std::string& path, std::int32_t sample_rate_hz) {
  if (path == "-") return open_standard_input(sample_rate_hz);
  return open_recording(path, sample_rate_hz);
}

}  // namespace pupil::cli
