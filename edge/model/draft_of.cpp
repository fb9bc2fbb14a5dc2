// SPDX-License-Identifier: Apache-2.0
// From a loaded model back to the image that write_model() makes it from.

#include "model/model_access.h"
#include "model/model_writer.h"

namespace pupil::edge {

namespace {

template <typename Element>
std::vector<Element> copy_array(const Model& model, std::uint32_t offset, std::int64_t count) {
  const Element* first = ModelAccess::array<Element>(model, offset);
  return {first, first + count};
}

/// Weights of a layer with that many output channels.
std::int64_t weight_count(const LayerInfo& info) {
  const std::int64_t taps = info.kernel.taps();
  return info.channels * (info.kind == LayerKind::depthwise ? taps : taps * info.input_channels);
}

LayerDraft layer_draft(const Model& model, std::int32_t index) {
  const format::Layer record = ModelAccess::layer(model, index);
  const LayerInfo info = model.layer(index);
  LayerDraft image;
  image.kind = info.kind;
  image.kernel = kernel_of(record);
  image.channels = info.channels;
  image.skip_tensor = static_cast<std::int32_t>(record.skip_tensor);
  image.zero_point = record.zero_point;
  image.clamp_min = record.clamp_min;
  image.clamp_max = record.clamp_max;
  image.scale = record.scale;
  image.multiplier = record.multiplier;
  image.skip_multiplier = record.skip_multiplier;
  image.shift = record.shift;
  const bool convolves = info.kind == LayerKind::conv || info.kind == LayerKind::depthwise;
  if (convolves || info.kind == LayerKind::head) {
    image.weights = copy_array<std::int8_t>(model, record.weights_offset, weight_count(info));
    image.bias = copy_array<std::int32_t>(model, record.bias_offset, info.channels);
  }
  if (convolves) {
    image.multipliers = copy_array<std::int16_t>(model, record.multipliers_offset, info.channels);
    image.shifts = copy_array<std::uint8_t>(model, record.shifts_offset, info.channels);
  }
  if (info.kind == LayerKind::head) {
    image.logit_scales = copy_array<float>(model, record.logit_scales_offset, info.channels);
  }
  return image;
}

}  // namespace

ModelImage image_of(const Model& model) {
  ModelImage image;
  image.front_end = model.front_end();
  image.window_frames = model.window_frames();
  image.score_kind = model.score_kind();
  const format::Input input = ModelAccess::input(model);
  image.input_zero_point = input.zero_point;
  image.input_gain = copy_array<float>(model, input.gain_offset, model.mel_count());
  image.input_shift = copy_array<float>(model, input.shift_offset, model.mel_count());
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    image.classes.push_back({std::string(model.label(k)), std::string(model.prompts(k)), model.threshold(k),
                             model.calibration_gain(k), model.calibration_offset(k)});
  }
  for (std::int32_t i = 0; i < model.metadata_count(); ++i) {
    image.metadata.emplace_back(model.metadata_key(i), model.metadata_value(i));
  }
  for (std::int32_t i = 0; i < model.layer_count(); ++i) image.layers.push_back(layer_draft(model, i));
  return image;
}

}  // namespace pupil::edge
