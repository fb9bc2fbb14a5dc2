// SPDX-License-Identifier: Apache-2.0
// Small VGGish checkpoints of random weights, for tests.

#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/array_file.h"
#include "base/split_mix.h"

namespace pupil::general {

/// Widths of the nine layers.
using VggishWidths = std::vector<std::int64_t>;

/// name -> numbers, as torchvggish names them.
inline std::map<std::string, std::vector<float>> random_vggish(const VggishWidths& widths) {
  const std::vector<std::string> names = {"features.0",   "features.3",   "features.6",
                                          "features.8",   "features.11",  "features.13",
                                          "embeddings.0", "embeddings.2", "embeddings.4"};
  std::map<std::string, std::vector<float>> weights;
  std::uint64_t state = 3;
  const auto random = [&](std::int64_t count, double size) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& x : values)
      x = static_cast<float>(size *
                             (static_cast<double>(split_mix(state += kSplitMixStep) >> 11U) * 0x1.0p-52 - 1));
    return values;
  };
  std::int64_t inputs = 1;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 6) inputs *= 6 * 4;
    const std::int64_t each = inputs * (i < 6 ? 9 : 1);
    weights[names[i] + ".weight"] = random(widths[i] * each, 1.5 / std::sqrt(static_cast<double>(each)));
    weights[names[i] + ".bias"] = random(widths[i], 0.2);
    inputs = widths[i];
  }
  return weights;
}

inline void write_vggish(const std::filesystem::path& path,
                         const std::map<std::string, std::vector<float>>& weights) {
  std::vector<NamedArray> arrays;
  for (const auto& [name, values] : weights) {
    const auto size = static_cast<std::int64_t>(values.size());
    std::vector<std::int64_t> shape = {size};
    if (name.ends_with(".weight")) {
      const std::int64_t out = std::ssize(weights.at(name.substr(0, name.size() - 6) + "bias"));
      shape = {out, size / out};
      if (name.starts_with("features")) shape = {out, size / out / 9, 3, 3};
    }
    arrays.push_back({name, ArrayType::f32, shape, std::as_bytes(std::span(values))});
  }
  write_array_file(path, arrays);
}

}  // namespace pupil::general
