// SPDX-License-Identifier: Apache-2.0
#include "condition_option.h"

#include <ATen/core/Tensor.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "nn/finite.h"
#include "nn/tensor_file.h"

namespace pupil::cli {
namespace {

struct Place {
  std::string file;
  std::string key;
};

// The file's name ends at the first colon behind which a file of that name exists.
Place split_place(const std::string& text) {
  for (std::size_t colon = text.find(':'); colon != std::string::npos; colon = text.find(':', colon + 1)) {
    if (std::filesystem::is_regular_file(text.substr(0, colon)) && colon + 1 < text.size()) {
      return {text.substr(0, colon), text.substr(colon + 1)};
    }
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon + 1 == text.size()) {
    throw UsageError("--condition: FILE:KEY is wanted, such as query.safetensors:condition");
  }
  throw Error(concat(text.substr(0, colon), ": no such file"));
}

// "condition:1" -> 1, cut off the key; none where the key does not end so.
std::optional<std::int64_t> take_row(std::string& key) {
  const std::size_t colon = key.rfind(':');
  if (colon == std::string::npos || colon + 1 == key.size()) return std::nullopt;
  std::int64_t row = 0;
  const char* end = key.data() + key.size();
  const auto result = std::from_chars(key.data() + colon + 1, end, row);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  key.resize(colon);
  return row;
}

}  // namespace

std::vector<float> read_condition(const std::string& text) {
  auto [file_name, key] = split_place(text);
  const nn::TensorFile file = nn::TensorFile::open(file_name);
  std::optional<std::int64_t> row;
  if (!file.has(key)) row = take_row(key);
  const at::Tensor tensor =
      with_context(file_name, [&] { return nn::finite_tensor(file, key).to(at::kFloat).contiguous(); });
  const std::string place = concat(file_name, ": '", key, "'");
  const std::int64_t width = tensor.dim() == 0 ? 1 : tensor.size(-1);
  const std::int64_t count = width > 0 ? tensor.numel() / width : 0;
  if (tensor.dim() < 1 || count < 1) throw Error(concat(place, " is no vector"));
  if (!row && count > 1) log_info(concat(place, " has ", count, " rows; taking row 0"));
  if (row.value_or(0) < 0 || row.value_or(0) >= count)
    throw Error(concat(place, " has ", count, " rows, no row ", *row));
  const float* values = tensor.data_ptr<float>() + row.value_or(0) * width;
  return {values, values + width};
}

}  // namespace pupil::cli
