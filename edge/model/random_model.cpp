// SPDX-License-Identifier: Apache-2.0
// Random weights alone would not do: with scales that do not fit them, activations saturate or vanish after a
// few layers, and a test that compares two kernels would compare constants. So each layer's scale is chosen
// from the spread its sums have for typical inputs: with n terms about sqrt(n) * typical input * typical
// weight.
//
// Numbers are drawn in a fixed order, input and classes first, then layer by layer: the same sketch and seed
// give the same bytes on every machine, and measurements of different days are of the same network.

#include "model/random_model.h"

#include <cmath>
#include <span>
#include <string>

#include "model/format.h"

namespace pupil::edge {

namespace {

/// SplitMix64: small, and the same numbers from every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// low to high, both included.
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// 0 to 1
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

constexpr double kTypicalActivation = 60.0;  // root mean square of value - zero point
constexpr double kTypicalWeight = 73.0;      // of uniform weights in -127 to 127

void fill_weights(LayerDraft* layer, std::int64_t count, Random* random) {
  layer->weights.resize(static_cast<std::size_t>(count));
  for (std::int8_t& w : layer->weights) w = static_cast<std::int8_t>(random->between(-127, 127));
}

void fill_channels(LayerDraft* layer, std::int64_t dot_length, Random* random) {
  const double typical_sum = std::sqrt(static_cast<double>(dot_length)) * kTypicalActivation * kTypicalWeight;
  for (std::int32_t c = 0; c < layer->channels; ++c) {
    // 0.7 to 1.4 of the fitting scale, and a bias that is more often positive: some channels clip, few are
    // dead.
    const Rescale rescale = rescale_for(kTypicalActivation / typical_sum * (0.7 + 0.7 * random->unit()));
    layer->bias.push_back(static_cast<std::int32_t>(typical_sum * (random->unit() - 0.4)));
    layer->multipliers.push_back(rescale.multiplier);
    layer->shifts.push_back(rescale.shift);
  }
}

struct Tensor {
  std::int32_t frames;
  std::int32_t bins;
  std::int32_t channels;
};

LayerDraft draft_layer(const LayerSketch& sketch, Tensor* tensor, Random* random) {
  LayerDraft layer;
  layer.kind = sketch.kind;
  layer.channels = sketch.channels > 0 ? sketch.channels : tensor->channels;
  layer.kernel = sketch.kernel;
  layer.skip_tensor = sketch.skip_tensor;
  layer.zero_point = sketch.relu ? -128 : random->between(-10, 10);
  layer.scale = 0.05F;
  const std::int64_t taps = sketch.kernel.taps();
  if (sketch.kind == LayerKind::conv || sketch.kind == LayerKind::depthwise) {
    const std::int64_t dot_length = taps * (sketch.kind == LayerKind::conv ? tensor->channels : 1);
    fill_weights(&layer, dot_length * layer.channels, random);
    fill_channels(&layer, dot_length, random);
    tensor->frames = static_cast<std::int32_t>(sketch.kernel.output_frames(tensor->frames));
    tensor->bins = sketch.kernel.output_bins(tensor->bins);
    tensor->channels = layer.channels;
  } else if (sketch.kind == LayerKind::add) {
    layer.multiplier = add_multiplier_for(0.6 + 0.3 * random->unit());
    layer.skip_multiplier = add_multiplier_for(0.6 + 0.3 * random->unit());
  } else {
    const double count = tensor->bins * (sketch.kind == LayerKind::mean_tf ? tensor->frames : 1);
    const Rescale rescale = rescale_for(0.9 / count / format::kMeanGain);
    layer.multiplier = rescale.multiplier;
    layer.shift = rescale.shift;
    layer.zero_point = -100;
    tensor->bins = 1;
    if (sketch.kind == LayerKind::mean_tf) tensor->frames = 1;
  }
  return layer;
}

LayerDraft draft_head(std::int32_t inputs, std::int32_t classes, Random* random) {
  LayerDraft head;
  head.kind = LayerKind::head;
  head.channels = classes;
  fill_weights(&head, std::int64_t{inputs} * classes, random);
  for (std::int32_t k = 0; k < classes; ++k) {
    head.bias.push_back(random->between(-20000, 20000));
    head.logit_scales.push_back(static_cast<float>(2e-5 * (1.0 + random->unit())));
  }
  return head;
}

/// One inverted residual of a student's table.
struct Block {
  std::int32_t channels;
  std::int32_t expansion;
  KernelShape kernel;
};

// The kernels of the students: three mel bins wide, over three frames or one.
constexpr KernelShape k3x3 = {.t = 3, .f = 3};
constexpr KernelShape k1x3 = {.t = 1, .f = 3};
constexpr KernelShape k3x3_s2x2 = {.t = 3, .f = 3, .stride_t = 2, .stride_f = 2};
constexpr KernelShape k3x3_s1x2 = {.t = 3, .f = 3, .stride_t = 1, .stride_f = 2};

constexpr Block kTinyBlocks[] = {{12, 2, k3x3_s2x2}, {16, 3, k3x3_s1x2}, {16, 3, k3x3},
                                 {32, 3, k3x3_s2x2}, {32, 3, k1x3},      {48, 4, k3x3}};

constexpr Block kSmallBlocks[] = {{24, 2, k3x3_s2x2}, {32, 3, k3x3_s1x2}, {32, 3, k3x3}, {72, 4, k3x3_s2x2},
                                  {72, 3, k1x3},      {72, 3, k3x3},      {96, 3, k1x3}};

constexpr Block kBaseBlocks[] = {{32, 2, k3x3_s2x2},  {32, 3, k3x3},  {56, 3, k3x3_s1x2}, {56, 2, k3x3},
                                 {112, 3, k3x3_s2x2}, {112, 3, k1x3}, {112, 3, k3x3},     {144, 3, k1x3}};

/// The shapes of the students' inverted-residual networks.
ModelSketch student(std::int32_t stem, std::span<const Block> blocks, std::int32_t last) {
  ModelSketch s;
  s.conv(stem, k3x3_s2x2);
  std::int32_t channels = stem;
  for (const Block& b : blocks) {
    const bool same_shape = b.channels == channels && b.kernel.stride_t == 1 && b.kernel.stride_f == 1;
    s.inverted_residual(b.expansion * channels, b.channels, b.kernel, same_shape);
    channels = b.channels;
  }
  s.pointwise(last);
  s.mean();
  return s;
}

ModelSketch dscnn() {
  ModelSketch s;
  s.window_frames = 96;
  s.class_count = 50;
  s.conv(32, k3x3_s2x2);
  const auto block = [&s](std::int32_t channels, const KernelShape& kernel) {
    s.depthwise(kernel);
    s.pointwise(channels);
  };
  block(64, k3x3);
  block(96, k3x3_s2x2);
  block(96, k3x3);
  block(128, k3x3_s2x2);
  for (int i = 0; i < 4; ++i) block(128, k3x3);
  s.mean();
  s.pointwise(128);
  return s;
}

ModelSketch micro() {
  ModelSketch s;
  s.mel_count = 16;
  s.window_frames = 30;
  s.class_count = 3;
  s.conv(6, k3x3_s2x2);
  s.inverted_residual(12, 6, {.t = 3, .f = 5}, true);
  s.inverted_residual(12, 9, k3x3_s2x2, false);
  s.mean();
  return s;
}

/// Every kind of layer in few bytes: where a fuzzer begins.
ModelSketch speck() {
  ModelSketch s;
  s.mel_count = 6;
  s.window_frames = 14;
  s.class_count = 2;
  s.score_kind = ScoreKind::sigmoid;
  s.conv(3, k3x3_s1x2);
  s.inverted_residual(5, 3, k3x3, true);
  s.depthwise({.t = 2, .f = 5, .stride_t = 2, .stride_f = 1});
  s.mean_f();
  s.mean();
  s.pointwise(4);
  return s;
}

}  // namespace

void ModelSketch::conv(std::int32_t channels, const KernelShape& kernel) {
  layers.push_back({.kind = LayerKind::conv, .channels = channels, .kernel = kernel});
}

void ModelSketch::pointwise(std::int32_t channels, bool relu) {
  layers.push_back({.kind = LayerKind::conv, .channels = channels, .relu = relu});
}

void ModelSketch::depthwise(const KernelShape& kernel) {
  layers.push_back({.kind = LayerKind::depthwise, .kernel = kernel});
}

void ModelSketch::add(std::int32_t skip_tensor) {
  layers.push_back({.kind = LayerKind::add, .relu = false, .skip_tensor = skip_tensor});
}

void ModelSketch::inverted_residual(std::int32_t expanded, std::int32_t channels, const KernelShape& kernel,
                                    bool with_add) {
  const auto input = static_cast<std::int32_t>(layers.size());
  pointwise(expanded);
  depthwise(kernel);
  pointwise(channels, false);
  if (with_add) add(input);
}

void ModelSketch::mean_f() {
  layers.push_back({.kind = LayerKind::mean_f});
}

void ModelSketch::mean() {
  layers.push_back({.kind = LayerKind::mean_tf, .relu = false});
}

ModelImage random_model(const ModelSketch& sketch, std::uint64_t seed) {
  Random random(seed);
  ModelImage image;
  image.front_end.mel_count = sketch.mel_count;
  image.window_frames = sketch.window_frames;
  image.score_kind = sketch.score_kind;
  image.input_zero_point = random.between(-20, 20);
  for (std::int32_t f = 0; f < sketch.mel_count; ++f) {
    image.input_gain.push_back(static_cast<float>(10.0 + 5.0 * random.unit()));
    image.input_shift.push_back(static_cast<float>(60.0 * random.unit()));
  }
  for (std::int32_t k = 0; k < sketch.class_count; ++k) {
    image.classes.push_back(
        {"class " + std::to_string(k), "the sound of class " + std::to_string(k), 0.5F, 1.0F, 0.0F});
  }
  image.metadata.emplace_back("name", "random weights");
  image.metadata.emplace_back("seed", std::to_string(seed));

  Tensor tensor{sketch.window_frames, sketch.mel_count, 1};
  for (const LayerSketch& layer : sketch.layers) image.layers.push_back(draft_layer(layer, &tensor, &random));
  image.layers.push_back(draft_head(tensor.channels, sketch.class_count, &random));
  return image;
}

ModelSketch named_sketch(std::string_view name) {
  if (name == "dscnn") return dscnn();
  if (name == "tiny") return student(8, kTinyBlocks, 144);
  if (name == "small") return student(16, kSmallBlocks, 288);
  if (name == "base") return student(24, kBaseBlocks, 480);
  if (name == "micro") return micro();
  if (name == "speck") return speck();
  return {};
}

}  // namespace pupil::edge
