// SPDX-License-Identifier: Apache-2.0
// Any bytes to the decoder: they give samples or an Error, in bounded time and memory, never anything else.
// FFmpeg's own libraries are not instrumented; what is searched is our use of them.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "audio/decoder.h"
#include "base/error.h"

namespace {

// Small files may hold hours of silence; the beginning is enough.
constexpr std::size_t kMaxSamples = 1 << 20;

void read(pupil::audio::Decoder& decoder) {
  std::vector<float> samples(1 << 14);
  for (std::size_t total = 0; total < kMaxSamples;) {
    const std::size_t count = decoder.read(samples);
    for (std::size_t i = 0; i < count; ++i) {
      if (!std::isfinite(samples[i])) std::abort();
    }
    if (count < samples.size()) break;
    total += count;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pupil::audio::DecodeOptions options;
  // The last byte chooses what is asked for, so that each file can be tried in several ways.
  const unsigned choice = size == 0 ? 0 : data[size - 1];
  options.sample_rate_hz = (choice & 1) != 0 ? 16000 : 0;
  options.channel = (choice & 2) != 0 ? 1 : -1;
  options.min_duration_s = 0;
  try {
    pupil::audio::Decoder decoder(std::as_bytes(std::span(data, size)), options);
    read(decoder);
  } catch (const pupil::Error&) {
    // As it should be.
  }
  return 0;
}
