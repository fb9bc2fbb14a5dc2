// SPDX-License-Identifier: Apache-2.0
// Any bytes as a PyTorch checkpoint, in its ZIP or its older form: an Error, or tensors that lie inside it.

#include "nn/checkpoint.h"

#include <cstdint>
#include <cstdlib>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  try {
    for (const auto& tensor : pupil::nn::read_checkpoint(file).tensors) {
      const std::uint64_t reach = pupil::nn::element_reach(tensor.entry.shape, tensor.strides);
      if (reach > size / c10::elementSize(tensor.entry.dtype)) std::abort();
      const std::uint64_t bytes = reach * c10::elementSize(tensor.entry.dtype);
      if (tensor.offset_bytes > size - bytes) std::abort();
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
