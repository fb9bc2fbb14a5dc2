// SPDX-License-Identifier: Apache-2.0
// Where a stored tensor lies in its file. The readers of the file formats produce these, after every check;
// TensorFile turns them into tensors without looking back.

#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace pupil::nn {

/// What a file says about one tensor before it is read.
struct TensorEntry {
  std::string name;  ///< Whole dotted path inside nested dictionaries: "state_dict.module.conv.weight".
  std::vector<std::int64_t> shape;  ///< Empty for a scalar.
  c10::ScalarType dtype = c10::ScalarType::Float;
  std::uint64_t bytes = 0;  ///< Of all elements, laid out densely.
};

/// A plain value that stands beside the tensors: an epoch, a name, a learning rate.
using PlainValue = std::variant<bool, std::int64_t, double, std::string>;

/// An entry and its place in the file.
struct TensorLayout {
  TensorEntry entry;
  std::vector<std::int64_t> strides;  ///< In elements, one per axis, none negative.
  std::uint64_t offset_bytes = 0;     ///< Of the first element, from the beginning of the file.
};

/// The product of `shape`. Error: a negative size, over 64 axes, a product of the sizes but zeros beyond 2^58.
std::uint64_t element_count(std::span<const std::int64_t> shape);

/// Row-major strides, in elements. Throws Error as element_count().
std::vector<std::int64_t> dense_strides(std::span<const std::int64_t> shape);

/// Elements between the first and the last that `shape` and `strides` reach, plus one; 0 for an empty tensor.
/// Throws Error on a negative stride, a wrong number of them, a stride or a reach beyond 2^58.
std::uint64_t element_reach(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides);

/// "[2, 3]", "[]" for a scalar.
std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace pupil::nn
