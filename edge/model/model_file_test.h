// SPDX-License-Identifier: Apache-2.0
// A loaded model with its memory, as tests need it.

#pragma once

#include <cstdint>

#include "model/aligned_bytes.h"
#include "model/model_writer.h"
#include "model/random_model.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

/// A loaded model and its bytes.
struct LoadedModel {
  explicit LoadedModel(const ModelImage& image)
      : bytes(write_model(image)), status(model.load(bytes.span())) {}
  explicit LoadedModel(const char* sketch, std::uint64_t seed = 1)
      : LoadedModel(random_model(named_sketch(sketch), seed)) {}

  AlignedBytes bytes;
  Model model;
  Status status;
};

}  // namespace pupil::edge
