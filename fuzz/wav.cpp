// SPDX-License-Identifier: Apache-2.0
// What comes on standard input as a WAV: any bytes give samples or an Error, in pieces of any size.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "base/error.h"
#include "device/wav_reader.h"

namespace {

class Bytes : public pupil::device::ByteSource {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::size_t read(std::span<unsigned char> out) override {
    const std::size_t count = std::min({out.size(), size_ - at_, std::size_t{7}});
    std::memcpy(out.data(), data_ + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes source(data, size);
  try {
    pupil::device::WavReader reader(source);
    std::vector<float> samples(100);
    while (const std::size_t count = reader.read(samples)) {
      for (const float sample : std::span(samples).first(count)) {
        if (!std::isfinite(sample)) std::abort();
      }
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
