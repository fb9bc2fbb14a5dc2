// Recordings of the device build: WAV with 8, 16, 24 or 32-bit integers or 32-bit floats, any number of
// channels (their mean is taken), at the very rate that is asked for.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "sample_source.h"

namespace pupil::cli {

namespace {

constexpr std::uint32_t kPcm = 1;
constexpr std::uint32_t kFloat = 3;
constexpr std::uint32_t kExtensible = 0xFFFE;

std::uint32_t little_endian(const unsigned char* bytes, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

class WavRecording : public SampleSource {
 public:
  WavRecording(const std::string& path, std::int32_t sample_rate_hz)
      : path_(path), in_(std::fopen(path.c_str(), "rb"), std::fclose) {
    if (!in_) fail(std::strerror(errno));
    std::array<unsigned char, 12> riff{};
    if (!fill(riff) || std::memcmp(riff.data(), "RIFF", 4) != 0 ||
        std::memcmp(riff.data() + 8, "WAVE", 4) != 0) {
      fail("not a WAV file (this build reads WAV alone)");
    }
    find_data();
    if (rate_hz_ != static_cast<std::uint32_t>(sample_rate_hz)) {
      fail(concat(rate_hz_, " Hz, expected ", sample_rate_hz, " Hz (this build does not resample)"));
    }
  }

  std::size_t read(std::span<float> samples) override {
    const std::size_t frame_bytes = sample_bytes_ * channel_count_;
    const std::size_t wanted =
        std::min<std::uint64_t>(std::min<std::size_t>(samples.size(), 1024), left_ / frame_bytes);
    bytes_.resize(wanted * frame_bytes);
    const std::size_t frames = std::fread(bytes_.data(), frame_bytes, wanted, in_.get());
    left_ -= frames * frame_bytes;
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0.0F;
      for (std::size_t c = 0; c < channel_count_; ++c)
        sum += sample(bytes_.data() + i * frame_bytes + c * sample_bytes_);
      samples[i] = sum / static_cast<float>(channel_count_);
    }
    return frames;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(concat(path_, ": ", what)); }

  template <std::size_t Size>
  bool fill(std::array<unsigned char, Size>& bytes) {
    return std::fread(bytes.data(), 1, Size, in_.get()) == Size;
  }

  // Stands behind the head of the data chunk afterwards.
  void find_data() {
    bool has_format = false;
    std::array<unsigned char, 8> head{};
    while (fill(head)) {
      const std::uint32_t bytes = little_endian(head.data() + 4, 4);
      if (std::memcmp(head.data(), "data", 4) == 0) {
        if (!has_format) fail("no format before the samples");
        left_ = bytes;  // recorders that were killed leave 0 or all ones: then to the end of the file
        if (bytes == 0 || bytes == 0xFFFFFFFFU) left_ = UINT64_MAX;
        return;
      }
      if (std::memcmp(head.data(), "fmt ", 4) == 0) {
        has_format = true;
        read_format(bytes);
      } else if (std::fseek(in_.get(), static_cast<long>(bytes + (bytes & 1U)), SEEK_CUR) != 0) {
        break;
      }
    }
    fail("no samples");
  }

  void read_format(std::uint32_t bytes) {
    std::array<unsigned char, 40> format{};
    if (bytes < 16 || bytes > 4096) fail("strange format chunk");
    const std::size_t known = std::min<std::size_t>(bytes, format.size());
    if (std::fread(format.data(), 1, known, in_.get()) != known) fail("cut off");
    if (std::fseek(in_.get(), static_cast<long>(bytes - known + (bytes & 1U)), SEEK_CUR) != 0)
      fail("cut off");
    std::uint32_t kind = little_endian(format.data(), 2);
    if (kind == kExtensible && known >= 26) kind = little_endian(format.data() + 24, 2);
    channel_count_ = little_endian(format.data() + 2, 2);
    rate_hz_ = little_endian(format.data() + 4, 4);
    const std::uint32_t bits = little_endian(format.data() + 14, 2);
    sample_bytes_ = bits / 8;
    is_float_ = kind == kFloat;
    const bool known_kind =
        (kind == kPcm && bits % 8 == 0 && bits >= 8 && bits <= 32) || (kind == kFloat && bits == 32);
    if (!known_kind || channel_count_ == 0 || channel_count_ > 64) {
      fail(concat("WAV of format ", kind, " with ", bits, " bits and ", channel_count_,
                  " channels is not read"));
    }
  }

  float sample(const unsigned char* bytes) const {
    const std::uint32_t bits = little_endian(bytes, static_cast<int>(sample_bytes_));
    if (is_float_) {
      float value;
      std::memcpy(&value, &bits, sizeof value);
      return value;
    }
    if (sample_bytes_ == 1) return (static_cast<float>(bits) - 128.0F) / 128.0F;
    const int unused = 32 - 8 * static_cast<int>(sample_bytes_);
    return static_cast<float>(static_cast<std::int32_t>(bits << unused)) * (1.0F / 2147483648.0F);
  }

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in_;
  std::uint32_t rate_hz_ = 0;
  std::size_t channel_count_ = 0;
  std::size_t sample_bytes_ = 0;
  bool is_float_ = false;
  std::uint64_t left_ = 0;
  std::vector<unsigned char> bytes_;
};

}  // namespace

std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz) {
  return std::make_unique<WavRecording>(path, sample_rate_hz);
}

}  // namespace pupil::cli
