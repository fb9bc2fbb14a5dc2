// SPDX-License-Identifier: Apache-2.0
// A trained and quantised student on its way to the device: the numbers a model file is made of, that file,
// and the checked view of it. Every form of export starts from here.

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "model/aligned_bytes.h"
#include "model/model_writer.h"
#include "pupil/edge/model.h"

namespace pupil::deploy {

/// Layers with int8 weights, int32 biases, multipliers and shifts, zero points; classes, front end, metadata.
/// edge::ModelImage says what each means. Never changes once made; copies share the file's bytes.
class QuantisedNetwork {
 public:
  /// Error: the image breaks a rule of the model file (docs/format.md).
  explicit QuantisedNetwork(edge::ModelImage image);

  /// From a model file. Error, with the path in front: cannot be read, or not a model.
  static QuantisedNetwork read(const std::filesystem::path& path);

  const edge::ModelImage& image() const { return image_; }
  const edge::Model& model() const { return model_; }
  /// The model file; aligned as a device needs it, alive as long as any copy of this object.
  std::span<const std::byte> file() const { return model_.file(); }

 private:
  edge::ModelImage image_;
  std::shared_ptr<const edge::AlignedBytes> memory_;
  edge::Model model_;
};

}  // namespace pupil::deploy
