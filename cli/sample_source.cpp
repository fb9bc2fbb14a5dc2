#include "sample_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {

namespace {

/// Raw PCM from standard input, through read(2): what has come is used at once, not when a buffer is full.
class StandardInput : public SampleSource {
 public:
  std::size_t read(std::span<float> samples) override {
    const std::size_t wanted = std::min(samples.size() * 2, bytes_.size());
    while (held_ < 2) {
      const ssize_t count = ::read(STDIN_FILENO, bytes_.data() + held_, wanted - held_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Error(concat("standard input: ", std::strerror(errno)));
      if (count == 0) return 0;  // half a sample at the end is dropped
      held_ += static_cast<std::size_t>(count);
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
  std::array<unsigned char, 8192> bytes_{};
  std::size_t held_ = 0;
};

}  // namespace

std::unique_ptr<SampleSource> open_samples(const std::string& path, std::int32_t sample_rate_hz) {
  if (path == "-") return std::make_unique<StandardInput>();
  return open_recording(path, sample_rate_hz);
}

}  // namespace pupil::cli
