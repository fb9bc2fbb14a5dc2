// SPDX-License-Identifier: Apache-2.0
// The safetensors format, read side: the header and every check on it. (write_safetensors is in
// tensor_file.h.)
//
//   8 bytes    length of the header, little-endian
//   header     JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...,
//              "__metadata__": {"key": "text"}}; may be padded with spaces
//   data       little-endian, row-major; offsets count from here

#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "nn/tensor_layout.h"

namespace pupil::nn {

struct SafetensorsHeader {
  std::vector<TensorLayout> tensors;            ///< In the order of their data.
  std::map<std::string, std::string> metadata;  ///< "__metadata__".
};

/// Whether a file that begins with `bytes` says it is safetensors: a plausible length and a brace.
bool is_safetensors(std::span<const std::byte> bytes);

/// Throws Error, naming the tensor, when the header is not what the format allows: a length beyond the file
/// or 100 MB, bad JSON, an unknown dtype, a range that disagrees with the shape, ranges that overlap or leave
/// holes, data that ends before or after the file does.
SafetensorsHeader read_safetensors_header(std::span<const std::byte> file);

}  // namespace pupil::nn
