// SPDX-License-Identifier: Apache-2.0
#include "nn/finite.h"

#include <bit>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

/// By bits: one pass, no memory, and no matter what the compiler takes for granted of floats.
std::int64_t nonfinite_count(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::int64_t count = 0;
  for (const float value : values)
    count += (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent ? 1 : 0;
  return count;
}

}  // namespace

std::string finite_fault(std::string_view name, const at::Tensor& tensor) {
  if (!c10::isFloatingType(tensor.scalar_type())) return "";
  const at::Tensor dense = tensor.to(at::kFloat).contiguous();
  const std::int64_t count =
      nonfinite_count({dense.data_ptr<float>(), static_cast<std::size_t>(dense.numel())});
  return count == 0
             ? ""
             : concat("'", name, "' holds ", count, " NaN or infinite of its ", dense.numel(), " numbers");
}

at::Tensor finite_tensor(const TensorFile& file, std::string_view name) {
  at::Tensor tensor = file.tensor(name);
  if (const std::string fault = finite_fault(name, tensor); !fault.empty()) throw Error(fault);
  return tensor;
}

}  // namespace pupil::nn
