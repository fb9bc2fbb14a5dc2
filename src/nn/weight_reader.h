// SPDX-License-Identifier: Apache-2.0
// From the tensors of a file to the weights of one network, checked whole: whatever is missing, left over or
// of another shape is named, all of it in one message.

#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/tensor_file.h"

namespace pupil::nn {

/// Hands out weights by name and counts them off.
///
///   WeightReader weights(file, file.prefix_of("features.0.0.weight"));
///   const std::int64_t channels = weights.shape("features.0.0.weight").at(0);
///   conv.weight = weights.take("features.0.0.weight", {channels, 1, 3, 3});
///   ...
///   weights.finish({"*.num_batches_tracked"});  // before the weights are used
///
/// All names here are relative to the prefix; tensors outside it are none of this reader's business.
class WeightReader {
 public:
  WeightReader(TensorFile file, std::string prefix);

  bool has(std::string_view name) const;

  /// Sizes of a stored tensor, from which a network learns its own. Empty when there is no such tensor
  /// (noted as missing).
  std::vector<std::int64_t> shape(std::string_view name);

  /// Size of one axis; 0 when there is no such tensor or axis (noted).
  std::int64_t size(std::string_view name, std::size_t axis);

  /// A floating-point weight as float32: shared with the file where it is stored so, converted where it is
  /// stored as f16, bf16 or f64. On a mismatch: zeros of `shape` without memory behind them, and a note for
  /// finish(). A weight that is NaN or infinite as float32 is noted too.
  at::Tensor take(std::string_view name, at::IntArrayRef shape);

  /// As take(), for integer tensors (ids, relative positions), as int64.
  at::Tensor take_integers(std::string_view name, at::IntArrayRef shape);

  /// As take(); undefined, and not missing, when the file lacks it.
  at::Tensor take_optional(std::string_view name, at::IntArrayRef shape);

  /// Whether anything was noted so far: then weights are stand-ins, not worth computing with.
  bool has_problems() const { return !problems_.empty(); }

  /// Notes a finding of the caller's own ("12 layers, but config.json says 6"); finish() reports it with the
  /// rest.
  void note(std::string problem);

  /// Throws Error, beginning with the path, when anything was noted or a tensor under the prefix was neither
  /// taken nor matches one of `allowed_extras` (`*` stands for any text, dots included).
  void finish(std::span<const std::string_view> allowed_extras = {}) const;
  void finish(std::initializer_list<std::string_view> allowed_extras) const {
    finish(std::span(allowed_extras.begin(), allowed_extras.size()));
  }

 private:
  enum class Kind { kFloat, kInteger };
  at::Tensor take_as(Kind kind, std::string_view name, at::IntArrayRef shape);
  const TensorEntry* entry(std::string_view name) const;
  const TensorEntry* entry_or_note(std::string_view name);

  TensorFile file_;
  std::string prefix_;
  std::set<std::string, std::less<>> taken_;  // Without the prefix; also those that did not fit.
  std::vector<std::string> problems_;
};

/// Whether `name` matches `pattern`, in which `*` stands for any text, also none.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace pupil::nn
