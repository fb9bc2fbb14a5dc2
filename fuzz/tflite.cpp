// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TensorFlow Lite model: an Error, or a network that runs inside its own memory.

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "tflite/network.h"

namespace {

// A file may ask for any amount of work; here it is to be found out about memory.
constexpr std::int64_t kMostMacs = 1 << 20, kMostNumbers = 1 << 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    pupil::tflite::Network network(pupil::tflite::ModelFile::parse(std::as_bytes(std::span(data, size))));
    if (network.macs() > kMostMacs || network.input_count() > kMostNumbers) return 0;
    network.run(std::vector<float>(static_cast<std::size_t>(network.input_count()), 0.5F));
    network.scores();
    network.embedding();
  } catch (const pupil::Error&) {
  }
  return 0;
}
