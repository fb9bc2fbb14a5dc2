// The weights of a network in training: named tensors that lie one behind the other in one array, and so do their
// gradients. Optimizer, running average and checkpoint then are loops over arrays.

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

  /// A leaf that shares memory with values(); its gradient shares memory with gradients(). Error: no such name.
  const at::Tensor& operator[](std::string_view name) const;
  bool has(std::string_view name) const;

  const at::Tensor& values() const { return values_; }
  const at::Tensor& gradients() const { return gradients_; }
  void clear_gradients();

  /// The tensors as they would be with `values` [size()] in place of their own; shares its memory.
  std::vector<nn::NamedTensor> named(const at::Tensor& values) const;

 private:
  std::vector<Entry> entries_;
  std::vector<float> initial_;
  std::unordered_map<std::string, at::Tensor> leaves_;
  at::Tensor values_, gradients_;
  std::int64_t size_ = 0;
};

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double eps = 1e-8;
  double weight_decay = 0.05;
  /// The gradient is scaled down to this length.
  double clip_norm = 1.0;
};

/// AdamW (Loshchilov and Hutter) over a ParameterSet, with a running average of the weights.
class AdamW {
 public:
  explicit AdamW(const ParameterSet& parameters);

  /// One step with the gradients that are there; `step` counts from 1. `average_share` of the running average is
  /// kept. Returns the gradient's length before clipping; a gradient that is not finite changes nothing.
  double step(ParameterSet& parameters, std::int64_t step, const AdamWOptions& options, double average_share);

  /// All [parameters.size()]; what a checkpoint keeps.
  at::Tensor first, second, average;
};

}  // namespace pupil::pretrain
