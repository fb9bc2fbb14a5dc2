// SPDX-License-Identifier: Apache-2.0
// A model file in memory of kModelAlignment, which std::vector<std::byte> promises on 64-bit machines alone. For programs with a
// heap; the device library itself has none.

#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "pupil/edge/model.h"

namespace pupil::edge {

/// A copy of bytes.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::span<const std::byte> bytes)
      : blocks_(bytes.size() / sizeof(Block) + 1), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(blocks_.data(), bytes.data(), bytes.size());
  }
  std::span<const std::byte> span() const {
    return {reinterpret_cast<const std::byte*>(blocks_.data()), size_};
  }

 private:
  struct alignas(kModelAlignment) Block {
    std::byte bytes[kModelAlignment];
  };
  std::vector<Block> blocks_;
  std::size_t size_;
};

}  // namespace pupil::edge
