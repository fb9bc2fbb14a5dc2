// SPDX-License-Identifier: Apache-2.0
// A model file in aligned memory, as tests need it.

#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "model/model_writer.h"
#include "model/random_model.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

/// Memory of kModelAlignment, which std::vector<std::byte> does not promise.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::vector<std::byte>& bytes)
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

/// A loaded model and its bytes.
struct LoadedModel {
  explicit LoadedModel(const ModelImage& image)
      : bytes(write_model(image)), status(model.load(bytes.span())) {}
  explicit LoadedModel(const char* sketch, std::uint64_t seed = 1)
      : LoadedModel(random_model(named_sketch(sketch), seed)) {}

  AlignedBytes bytes;
  Model model;
  Status status;
};

}  // namespace pupil::edge
