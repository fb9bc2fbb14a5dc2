// SPDX-License-Identifier: Apache-2.0
// The weights of a network in training: named tensors that lie one behind the other in one array, and so do
// their gradients. To optimizer, running average and checkpoint they are one tensor.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nn/tensor_file.h"

namespace pupil::pretrain {

class ParameterSet {
 public:
  struct Entry {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t first = 0;  ///< in the array
    std::int64_t count = 0;
    bool decays = false;  ///< Weight decay is for matrices, not for biases, norms and scales.
  };

  /// Adds a tensor, all of `value` until filled. Only before allocate(). Error: a name given twice.
  void add(const std::string& name, std::vector<std::int64_t> shape, bool decays, float value = 0);
  /// Makes the arrays: values as given to add(), gradients zero.
  void allocate();

  std::int64_t size() const { return size_; }
  const std::vector<Entry>& entries() const { return entries_; }

  /// A leaf that shares memory with values(); its gradient shares memory with gradients(). Error: no such
  /// name.
  const at::Tensor& operator[](std::string_view name) const;
  bool has(std::string_view name) const;

  /// [size()]; values().grad() is gradients().
  const at::Tensor& values() const { return values_; }
  const at::Tensor& gradients() const { return gradients_; }

  /// [size()], 1 where weight decay applies, else 0.
  at::Tensor decay_mask() const;

  /// The tensors as they would be with `values` [size()] in place of their own; shares its memory.
  std::vector<nn::NamedTensor> named(const at::Tensor& values) const;

 private:
  std::vector<Entry> entries_;
  std::vector<float> initial_;
  std::unordered_map<std::string, at::Tensor> leaves_;
  at::Tensor values_, gradients_;
  std::int64_t size_ = 0;
};

}  // namespace pupil::pretrain
