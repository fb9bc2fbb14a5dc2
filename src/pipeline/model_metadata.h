// SPDX-License-Identifier: Apache-2.0
// A model's metadata as the exporting stages fill it in.

#pragma once

#include <string>
#include <string_view>

#include "model/model_writer.h"

namespace pupil::pipeline {

/// Replaces the value of `key`, or adds it; an empty value changes nothing.
inline void set_metadata(std::string_view key, std::string value, edge::ModelImage* image) {
  if (value.empty()) return;
  for (auto& [known, old] : image->metadata) {
    if (known == key) {
      old = std::move(value);
      return;
    }
  }
  image->metadata.emplace_back(key, std::move(value));
}

}  // namespace pupil::pipeline
