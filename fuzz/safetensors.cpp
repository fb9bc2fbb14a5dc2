// SPDX-License-Identifier: Apache-2.0
// Any bytes as a safetensors file: an Error, or tensors that lie inside it.

#include "nn/safetensors.h"

#include <cstdint>
#include <cstdlib>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  try {
    for (const auto& tensor : pupil::nn::read_safetensors_header(file).tensors) {
      if (tensor.entry.bytes > size || tensor.offset_bytes > size - tensor.entry.bytes) std::abort();
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
