// SPDX-License-Identifier: Apache-2.0
// Writes model files. Only for the tools and tests: the device library never writes, so this is in a library
// of its own beside the reader, and may use the heap.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pupil/edge/model.h"

namespace pupil::edge {

/// One layer with its parameters. Arrays that a kind does not have stay empty.
struct LayerDraft {
  LayerKind kind = LayerKind::conv;
  KernelShape kernel;
  std::int32_t channels = 0;
  std::int32_t skip_tensor = 0;  ///< add: 0 the input, i the output of layer i - 1
  std::int32_t zero_point = 0;   ///< of the output
  std::int32_t clamp_min = -128;
  std::int32_t clamp_max = 127;
  float scale = 1.0F;  ///< of the output
  /// conv [channels, kernel_t, kernel_f, input channels]; depthwise [kernel_t, kernel_f, channels];
  /// head [channels, input channels]. -127 to 127.
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> bias;         ///< [channels]
  std::vector<std::int16_t> multipliers;  ///< [channels], conv and depthwise
  std::vector<std::uint8_t> shifts;       ///< [channels], conv and depthwise
  std::vector<float> logit_scales;        ///< [channels], head
  std::int16_t multiplier = 0;            ///< add, means
  std::int16_t skip_multiplier = 0;       ///< add
  std::uint8_t shift = 0;                 ///< means
};

struct ClassDraft {
  std::string label;
  std::string prompts;  ///< one per line
  float threshold = 0.5F;
  float calibration_gain = 1.0F;
  float calibration_offset = 0.0F;
};

struct ModelImage {
  LogMelOptions front_end;
  std::int32_t window_frames = 0;
  ScoreKind score_kind = ScoreKind::softmax;
  std::int32_t input_zero_point = 0;
  std::vector<float> input_gain;   ///< [mel_count]: value = frame * gain + shift
  std::vector<float> input_shift;  ///< [mel_count]
  std::vector<ClassDraft> classes;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<LayerDraft> layers;
};

/// The bytes of a model file. Nothing is checked: tests write invalid models, and Model::load() refuses them.
std::vector<std::byte> write_model(const ModelImage& image);

/// What write_model() was given: write_model(image_of(model)) has the model's own bytes, when write_model()
/// made them.
ModelImage image_of(const Model& model);

/// Sets the checksum of a model file to that of its bytes.
void seal_model(std::vector<std::byte>* file);

/// multiplier and shift of one channel of conv, depthwise or a mean.
struct Rescale {
  std::int16_t multiplier = 0;
  std::uint8_t shift = 0;
};

/// The Rescale nearest to `ratio` = input scale * weight scale / output scale: ratio = multiplier * 2^-(21 +
/// shift), 0 <= ratio < kMaxRescale; a larger one needs a coarser output scale. For a mean, ratio is input
/// scale / (output scale * values averaged) / 64.
Rescale rescale_for(double ratio);
constexpr double kRescaleUnit = 0x1p21;
constexpr double kMaxRescale = 32767.0 / kRescaleUnit;  // just below 2^-6

/// The multiplier of an add nearest to `ratio` = input scale / output scale, 0 <= ratio < 2.
std::int16_t add_multiplier_for(double ratio);

}  // namespace pupil::edge
