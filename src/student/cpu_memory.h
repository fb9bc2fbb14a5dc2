// SPDX-License-Identifier: Apache-2.0
// What the passes of float and integer networks on the CPU share: memory that stays between batches, and the
// division of a batch among threads.

#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "student/float_kernels.h"
#include "student/network_spec.h"

namespace pupil::student {

// The batch is cut into at most so many ranges, whatever the number of threads: sums over the batch are sums
// over ranges in their order, and so the same for any number.
constexpr std::int64_t kMaxRanges = 16;
constexpr std::int64_t kMinWindowsPerRange = 2;

inline std::int64_t range_count(std::int64_t batch) {
  return std::clamp<std::int64_t>(batch / kMinWindowsPerRange, 1, kMaxRanges);
}

/// work(range, first window, windows) for ranges `first_range` to `end_range` - 1, on all threads.
template <typename Work>
void for_ranges(std::int64_t batch, std::int64_t first_range, std::int64_t end_range, const Work& work) {
  const std::int64_t count = range_count(batch);
  at::parallel_for(first_range, end_range, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t first = batch * r / count;
      work(r, first, batch * (r + 1) / count - first);
    }
  });
}

/// Floats that grow and are not cleared.
class Buffer {
 public:
  float* at_least(std::int64_t count) {
    if (count > size_) {
      values_.reset(new float[static_cast<std::size_t>(count) + 32]);
      size_ = count;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(values_.get());
    return values_.get() + (64 - address % 64) % 64 / sizeof(float);
  }

 private:
  std::unique_ptr<float[]> values_;
  std::int64_t size_ = 0;
};

/// Gradients of tensors. One lives from its first writer (a consumer of the tensor) to the backward pass of
/// the layer that made the tensor; then its memory serves another.
class GradientPool {
 public:
  /// All of `floats` each; `tensor_count` of them may be asked for.
  void begin(std::size_t tensor_count, std::int64_t floats) {
    owners_.assign(tensor_count, nullptr);
    gradients_.assign(tensor_count, nullptr);
    floats_ = floats;
  }

  /// `already`: it was asked for before, and holds something to be added to.
  float* of(std::size_t tensor, bool* already) {
    *already = gradients_[tensor] != nullptr;
    if (*already) return gradients_[tensor];
    if (free_.empty()) {
      pool_.push_back(std::make_unique<Buffer>());
      free_.push_back(pool_.back().get());
    }
    owners_[tensor] = free_.back();
    free_.pop_back();
    return gradients_[tensor] = owners_[tensor]->at_least(floats_);
  }

  float* operator[](std::size_t tensor) const { return gradients_[tensor]; }

  void release(std::size_t tensor) {
    if (gradients_[tensor] == nullptr) return;
    free_.push_back(owners_[tensor]);
    gradients_[tensor] = nullptr;
  }

 private:
  std::vector<std::unique_ptr<Buffer>> pool_;
  std::vector<Buffer*> free_;
  std::vector<Buffer*> owners_;
  std::vector<float*> gradients_;
  std::int64_t floats_ = 0;
};

inline kernels::ConvShape conv_shape(const LayerSpec& layer) {
  return {layer.kernel.t, layer.kernel.f,     layer.kernel.stride_t, layer.kernel.stride_f,
          layer.pad_f(),  layer.input_frames, layer.input_bins,      layer.input_channels,
          layer.frames,   layer.bins,         layer.channels};
}

/// Values of a layer's output, and of its input, per window.
inline std::int64_t values_of(const LayerSpec& layer) {
  return std::int64_t{layer.frames} * layer.bins * layer.channels;
}
inline std::int64_t input_values_of(const LayerSpec& layer) {
  return std::int64_t{layer.input_frames} * layer.input_bins * layer.input_channels;
}

}  // namespace pupil::student
