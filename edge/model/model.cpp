// SPDX-License-Identifier: Apache-2.0
// Reads the fields of a model that has been checked. The checks are in model_check.cpp.

#include "pupil/edge/model.h"

#include "model/model_access.h"

namespace pupil::edge {

std::string_view to_string(LayerKind kind) noexcept {
  switch (kind) {
    case LayerKind::conv: return "conv";
    case LayerKind::depthwise: return "depthwise";
    case LayerKind::add: return "add";
    case LayerKind::mean_f: return "mean_f";
    case LayerKind::mean_tf: return "mean_tf";
    case LayerKind::head: return "head";
  }
  return "unknown";
}

std::string_view to_string(ScoreKind kind) noexcept {
  switch (kind) {
    case ScoreKind::softmax: return "softmax";
    case ScoreKind::sigmoid: return "sigmoid";
    case ScoreKind::none: return "none";
  }
  return "unknown";
}

format::Input ModelAccess::input(const Model& model) noexcept {
  return record<format::Input>(model, header(model).input_offset);
}

format::Class ModelAccess::class_record(const Model& model, std::int32_t k) noexcept {
  const auto index = static_cast<std::uint32_t>(k);
  return record<format::Class>(model,
                               header(model).classes_offset + index * std::uint32_t{sizeof(format::Class)});
}

format::Metadata ModelAccess::metadata(const Model& model, std::int32_t i) noexcept {
  const auto index = static_cast<std::uint32_t>(i);
  return record<format::Metadata>(
      model, header(model).metadata_offset + index * std::uint32_t{sizeof(format::Metadata)});
}

format::Layer ModelAccess::layer(const Model& model, std::int32_t i) noexcept {
  const auto index = static_cast<std::uint32_t>(i);
  return record<format::Layer>(model,
                               header(model).layers_offset + index * std::uint32_t{sizeof(format::Layer)});
}

std::string_view ModelAccess::text(const Model& model, format::TextRef ref) noexcept {
  return {reinterpret_cast<const char*>(model.file_.data()) + ref.offset, ref.bytes};
}

TensorShape ModelAccess::input_shape(const Model& model) noexcept {
  TensorShape shape;
  shape.frames = model.window_frames_;
  shape.bins = model.front_end_.mel_count;
  shape.channels = 1;
  shape.zero_point = input(model).zero_point;
  return shape;
}

std::uint32_t Model::checksum() const noexcept {
  return ModelAccess::header(*this).checksum;
}

std::string_view Model::label(std::int32_t k) const noexcept {
  return ModelAccess::text(*this, ModelAccess::class_record(*this, k).label);
}

std::string_view Model::prompts(std::int32_t k) const noexcept {
  return ModelAccess::text(*this, ModelAccess::class_record(*this, k).prompts);
}

float Model::threshold(std::int32_t k) const noexcept {
  return ModelAccess::class_record(*this, k).threshold;
}

float Model::calibration_gain(std::int32_t k) const noexcept {
  return ModelAccess::class_record(*this, k).calibration_gain;
}

float Model::calibration_offset(std::int32_t k) const noexcept {
  return ModelAccess::class_record(*this, k).calibration_offset;
}

std::string_view Model::metadata_key(std::int32_t i) const noexcept {
  return ModelAccess::text(*this, ModelAccess::metadata(*this, i).key);
}

std::string_view Model::metadata_value(std::int32_t i) const noexcept {
  return ModelAccess::text(*this, ModelAccess::metadata(*this, i).value);
}

std::string_view Model::find_metadata(std::string_view key) const noexcept {
  for (std::int32_t i = 0; i < metadata_count_; ++i) {
    if (metadata_key(i) == key) return metadata_value(i);
  }
  return {};
}

std::int64_t Model::window_samples() const noexcept {
  return std::int64_t{window_frames_ - 1} * front_end_.hop_samples + front_end_.window_samples;
}

LayerInfo Model::layer(std::int32_t i) const noexcept {
  Shapes shapes;
  shapes.tensors[0] = ModelAccess::input_shape(*this);
  LayerInfo info;
  for (std::int32_t l = 0; l <= i; ++l) (void)advance(ModelAccess::layer(*this, l), l, &shapes, &info);
  return info;
}

}  // namespace pupil::edge
