// SPDX-License-Identifier: Apache-2.0
// Writes named arrays as a safetensors file: an 8-byte header length, a JSON header, raw little-endian data.
// Reading (and tensors) is in src/nn; this is for the commands that do without libtorch, and what nn writes with.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil {

/// Element types that the format names.
enum class ArrayType { b8, u8, i8, i16, i32, i64, f16, bf16, f32, f64 };

/// The format's word: "F32".
std::string_view array_type_name(ArrayType type);
std::int64_t array_type_bytes(ArrayType type);

/// `data` holds the elements row-major, little-endian; not owned. Or, for arrays larger than memory, `data` is empty
/// and `data_file` the name of a file of nothing else.
struct NamedArray {
  std::string name;
  ArrayType type = ArrayType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
  std::filesystem::path data_file = {};

  /// Of the elements. Error: data_file cannot be looked at.
  std::size_t bytes() const;
};

/// Writes the file, replacing an old one at once or not at all. The data lies by falling element size, so
/// that all of it is aligned, otherwise in the order given; same input, same bytes. Error: a name given twice
/// or reserved, data whose size is not its shape's, a failed write; the old file is then untouched.
void write_array_file(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace pupil
