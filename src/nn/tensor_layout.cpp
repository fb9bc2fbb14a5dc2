// SPDX-License-Identifier: Apache-2.0
#include "nn/tensor_layout.h"

#include "base/error.h"

namespace pupil::nn {
namespace {

// A count of elements of up to 16 bytes: as bytes, too, it fits into an int64.
constexpr std::uint64_t kCountLimit = std::uint64_t{1} << 58;
constexpr std::size_t kAxisLimit = 64;

std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, std::span<const std::int64_t> shape) {
  if (a > kCountLimit || (a != 0 && b > kCountLimit / a)) {
    throw Error("shape " + shape_text(shape) + " has too many elements");
  }
  return a * b;
}

}  // namespace

std::uint64_t element_count(std::span<const std::int64_t> shape) {
  if (shape.size() > kAxisLimit) throw Error("a tensor of " + std::to_string(shape.size()) + " axes");
  // An empty tensor has strides too: its other axes must be countable all the same, in whatever order they come.
  std::uint64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) throw Error("shape " + shape_text(shape) + " has a negative size");
    if (size > 0) count = checked_product(count, static_cast<std::uint64_t>(size), shape);
    empty = empty || size == 0;
  }
  return empty ? 0 : count;
}

std::vector<std::int64_t> dense_strides(std::span<const std::int64_t> shape) {
  element_count(shape);
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    if (shape[axis] > 0) step *= shape[axis];
  }
  return strides;
}

std::uint64_t element_reach(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  if (shape.size() != strides.size()) {
    throw Error("shape " + shape_text(shape) + " with strides " + shape_text(strides));
  }
  const bool empty = element_count(shape) == 0;
  std::uint64_t reach = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (strides[axis] < 0) throw Error("strides " + shape_text(strides) + " are negative");
    // Also where one element alone stands on the axis: libtorch counts in bytes.
    if (static_cast<std::uint64_t>(strides[axis]) > kCountLimit) {
      throw Error("strides " + shape_text(strides) + " reach too far");
    }
    if (empty) continue;
    reach += checked_product(static_cast<std::uint64_t>(shape[axis] - 1),
                             static_cast<std::uint64_t>(strides[axis]), shape);
    if (reach > kCountLimit) throw Error("strides " + shape_text(strides) + " reach too far");
  }
  return empty ? 0 : reach;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

}  // namespace pupil::nn
