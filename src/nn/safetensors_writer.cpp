// SPDX-License-Identifier: Apache-2.0
// write_safetensors: tensors become arrays for base's writer; see tensor_file.h for what it promises.

#include <ATen/ATen.h>

#include "base/array_file.h"
#include "base/error.h"
#include "nn/safetensors.h"
#include "nn/tensor_file.h"

namespace pupil::nn {
namespace {

ArrayType array_type(const NamedTensor& named) {
  switch (named.tensor.scalar_type()) {
    case c10::ScalarType::Bool: return ArrayType::b8;
    case c10::ScalarType::Byte: return ArrayType::u8;
    case c10::ScalarType::Char: return ArrayType::i8;
    case c10::ScalarType::Short: return ArrayType::i16;
    case c10::ScalarType::Int: return ArrayType::i32;
    case c10::ScalarType::Long: return ArrayType::i64;
    case c10::ScalarType::Half: return ArrayType::f16;
    case c10::ScalarType::BFloat16: return ArrayType::bf16;
    case c10::ScalarType::Float: return ArrayType::f32;
    case c10::ScalarType::Double: return ArrayType::f64;
    default:
      throw Error("tensor '" + named.name + "': safetensors has no dtype " +
                  c10::toString(named.tensor.scalar_type()));
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<at::Tensor> dense;  // keeps the data of the arrays alive
  std::vector<NamedArray> arrays;
  for (const NamedTensor& named : tensors) {
    if (!named.tensor.defined()) throw Error(path.string() + ": tensor '" + named.name + "' is undefined");
    const ArrayType type = with_context(path.string(), [&] { return array_type(named); });
    dense.push_back(named.tensor.detach().cpu().contiguous());
    arrays.push_back({named.name,
                      type,
                      named.tensor.sizes().vec(),
                      {static_cast<const std::byte*>(dense.back().data_ptr()), dense.back().nbytes()}});
  }
  write_array_file(path, arrays, metadata);
}

}  // namespace pupil::nn
