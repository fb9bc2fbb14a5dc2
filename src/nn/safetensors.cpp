// SPDX-License-Identifier: Apache-2.0
#include "nn/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace pupil::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are mapped as they are stored");

using c10::ScalarType;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderLimitBytes = 100'000'000;  // The format's own limit.

constexpr std::array<std::pair<std::string_view, ScalarType>, 11> kDtypes = {{
    {"BOOL", ScalarType::Bool},
    {"U8", ScalarType::Byte},
    {"I8", ScalarType::Char},
    {"I16", ScalarType::Short},
    {"I32", ScalarType::Int},
    {"I64", ScalarType::Long},
    {"F16", ScalarType::Half},
    {"BF16", ScalarType::BFloat16},
    {"F32", ScalarType::Float},
    {"F64", ScalarType::Double},
    {"C64", ScalarType::ComplexFloat},
}};

std::uint64_t header_bytes(std::span<const std::byte> file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  return length;
}

ScalarType dtype_named(std::string_view name) {
  const auto* found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](auto& dtype) { return dtype.first == name; });
  if (found == kDtypes.end())
    throw Error("dtype '" + std::string(name) + "' is not one that this program reads");
  return found->second;
}

/// Sizes and offsets are plain integers: not 2.0, and nothing beyond int64.
std::int64_t read_size(const Json& value) {
  if (!value.is_integer() || value.as_int() < 0) throw Error("'" + value.dump() + "' is not a size");
  return value.as_int();
}

std::vector<std::int64_t> read_shape(const Json& value) {
  std::vector<std::int64_t> shape;
  for (const Json& size : value.as_array()) shape.push_back(read_size(size));
  return shape;
}

/// The offset is still the one from the beginning of the data.
TensorLayout read_layout(const std::string& name, const Json& value) {
  const std::string& dtype = value.at("dtype").as_string();
  const Json::Array& range = value.at("data_offsets").as_array();
  if (range.size() != 2) throw Error("'data_offsets' is not a pair");

  TensorLayout layout;
  layout.entry = {.name = name, .shape = read_shape(value.at("shape")), .dtype = dtype_named(dtype)};
  const std::uint64_t count = element_count(layout.entry.shape);
  const auto begin = static_cast<std::uint64_t>(read_size(range[0]));
  const auto end = static_cast<std::uint64_t>(read_size(range[1]));
  const std::uint64_t size = c10::elementSize(layout.entry.dtype);
  if (end < begin || (end - begin) / size != count || (end - begin) % size != 0) {
    throw Error("shape " + shape_text(layout.entry.shape) + " of " + dtype + " does not fit data_offsets [" +
                std::to_string(begin) + ", " + std::to_string(end) + "]");
  }
  layout.entry.bytes = end - begin;
  layout.strides = dense_strides(layout.entry.shape);
  layout.offset_bytes = begin;
  return layout;
}

/// The data must be covered once and wholly, which also keeps every offset inside the file.
void check_cover(const std::vector<TensorLayout>& tensors, std::uint64_t data_bytes) {
  std::uint64_t end = 0;
  for (const TensorLayout& tensor : tensors) {
    if (tensor.offset_bytes != end) {
      throw Error("tensor '" + tensor.entry.name + "' begins at " + std::to_string(tensor.offset_bytes) +
                  " of the data, " + (tensor.offset_bytes < end ? "inside its predecessor" : "after a hole") +
                  " that ends at " + std::to_string(end));
    }
    end += tensor.entry.bytes;
    if (end > data_bytes) {
      throw Error("tensor '" + tensor.entry.name + "' ends at " + std::to_string(end) + " of " +
                  std::to_string(data_bytes) + " bytes of data: the file is truncated");
    }
  }
  if (end != data_bytes) {
    throw Error(std::to_string(data_bytes - end) + " bytes of data belong to no tensor");
  }
}

Json parse_header(std::span<const std::byte> text) {
  return with_context("the header", [&] {
    return parse_json({reinterpret_cast<const char*>(text.data()), text.size()});
  });
}

}  // namespace

bool is_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > kLengthBytes && header_bytes(bytes) <= kHeaderLimitBytes &&
         bytes[kLengthBytes] == std::byte{'{'};
}

SafetensorsHeader read_safetensors_header(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) throw Error("is too short for safetensors");
  const std::uint64_t length = header_bytes(file);
  if (length > kHeaderLimitBytes || length > file.size() - kLengthBytes) {
    throw Error("a safetensors header of " + std::to_string(length) + " bytes in a file of " +
                std::to_string(file.size()) + ": the file is truncated or not safetensors");
  }
  const Json json = parse_header(file.subspan(kLengthBytes, length));

  SafetensorsHeader header;
  for (const auto& [name, value] : json.as_object()) {
    if (name == "__metadata__") {
      for (const auto& [key, text] : value.as_object()) header.metadata[key] = text.as_string();
    } else {
      with_context("tensor '" + name + "'", [&header, &name = name, &value = value] {
        header.tensors.push_back(read_layout(name, value));
      });
    }
  }
  std::stable_sort(
      header.tensors.begin(), header.tensors.end(), [](const TensorLayout& a, const TensorLayout& b) {
        return std::pair(a.offset_bytes, a.entry.bytes) < std::pair(b.offset_bytes, b.entry.bytes);
      });
  const std::uint64_t data_begin = kLengthBytes + length;
  check_cover(header.tensors, file.size() - data_begin);
  for (TensorLayout& tensor : header.tensors) tensor.offset_bytes += data_begin;
  return header;
}

}  // namespace pupil::nn
