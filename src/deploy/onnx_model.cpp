// SPDX-License-Identifier: Apache-2.0
// Tensors have two names: "layerN" is the stored uint8, "layerN_real" what a DequantizeLinear makes of it.
// Every operation reads real values and finish() stores its result again.
//
// 1. tensor(i) is the input of layer i, with scales_[i]; layer i writes tensor(i + 1).
// 2. One DequantizeLinear per tensor, however many read it (read()).
// 3. Slice and Flatten only move values, but come between a pair with the same scale as well: engines fuse by
//    that pattern, and the values stay the same (requantised()).
// 4. ONNX wants channels first; T is its height and F its width.

#include "deploy/onnx_model.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "deploy/onnx_graph.h"
#include "deploy/tensor_scales.h"
#include "model/shapes.h"

namespace pupil::deploy {
namespace {

using edge::LayerDraft;
using edge::LayerInfo;
using edge::LayerKind;

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;       // of the ONNX release that brought opset 13
constexpr std::int32_t kUnsignedZero = 128;  // an int8 value plus this is the uint8 value

/// [C, T, F, Cin] or [T, F, C] of the model file -> [C, Cin, T, F] or [C, 1, T, F].
std::vector<std::int8_t> channels_first(const LayerDraft& layer, const LayerInfo& info) {
  const bool full = layer.kind == LayerKind::conv;
  const std::int64_t taps = layer.kernel.taps();
  const std::int64_t inputs = full ? info.input_channels : 1;
  std::vector<std::int8_t> out;
  out.reserve(layer.weights.size());
  for (std::int64_t c = 0; c < layer.channels; ++c) {
    for (std::int64_t i = 0; i < inputs; ++i) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const std::int64_t at = full ? (c * taps + tap) * inputs + i : tap * layer.channels + c;
        out.push_back(layer.weights[static_cast<std::size_t>(at)]);
      }
    }
  }
  return out;
}

/// Adds the layers of one network to one graph, in order.
class Exporter {
 public:
  Exporter(const QuantisedNetwork& network, OnnxWeights weights, onnx::GraphProto* graph)
      : network_(network), weights_(weights), scales_(tensor_scales(network)), graph_(graph) {}

  void add_all() {
    add_input();
    for (std::size_t i = 0; i < layers().size(); ++i) add_layer(i);
  }

 private:
  const std::vector<LayerDraft>& layers() const { return network_.image().layers; }
  LayerInfo info(std::size_t i) const { return network_.model().layer(static_cast<std::int32_t>(i)); }

  static std::string tensor(std::size_t i) { return i == 0 ? "input" : concat("layer", i - 1); }
  std::int32_t zero_point(std::size_t tensor) const {
    return tensor == 0 ? network_.image().input_zero_point : layers()[tensor - 1].zero_point;
  }
  OnnxScale scale(std::size_t tensor) const {
    return {
        {static_cast<float>(scales_[tensor])}, zero_point(tensor) + kUnsignedZero, -1, OnnxInteger::uint8};
  }

  // frame * gain + shift, less the zero point and times the input's scale: QuantizeLinear undoes both.
  void add_input() {
    const edge::ModelImage& image = network_.image();
    const std::int64_t bins = image.front_end.mel_count;
    std::vector<float> gain, shift;
    for (std::size_t f = 0; f < image.input_gain.size(); ++f) {
      gain.push_back(static_cast<float>(image.input_gain[f] * scales_[0]));
      shift.push_back(static_cast<float>((image.input_shift[f] - image.input_zero_point) * scales_[0]));
    }
    graph_.float_input("frames", {1, 1, image.window_frames, bins});
    const std::string scaled = graph_.node(
        "Mul", {"frames", graph_.constant("gain", {bins}, std::span<const float>(gain))}, "scaled_frames");
    const std::string normal = graph_.node(
        "Add", {scaled, graph_.constant("shift", {bins}, std::span<const float>(shift))}, "normal_frames");
    graph_.quantise(normal, scale(0), tensor(0));
  }

  void add_layer(std::size_t i) {
    switch (layers()[i].kind) {
      case LayerKind::conv:
      case LayerKind::depthwise: return add_conv(i);
      case LayerKind::add: return add_skip(i);
      case LayerKind::mean_f:
        return finish(i, graph_.node("AveragePool", {read(i)}, name(i, "mean"),
                                     {{"kernel_shape", {1, info(i).input_bins}}}));
      case LayerKind::mean_tf: return finish(i, graph_.node("GlobalAveragePool", {read(i)}, name(i, "mean")));
      case LayerKind::head: return add_head(i);
    }
  }

  static std::string name(std::size_t layer, std::string_view part) {
    return concat("layer", layer, "_", part);
  }

  /// Real values of a tensor, the same for all its readers: onnxruntime fuses only what hangs on one
  /// DequantizeLinear.
  std::string read(std::size_t from) {
    const std::string name = tensor(from) + "_real";
    if (is_read_.insert(from).second) graph_.dequantise(tensor(from), scale(from), name);
    return name;
  }

  /// The same values again, quantised and back: what moves values stands between the pair like any operation.
  std::string requantised(const std::string& real, std::size_t from) {
    graph_.quantise(real, scale(from), real + "_stored");
    return graph_.dequantise(real + "_stored", scale(from), real + "_real");
  }

  /// The weights of layer i as a constant of the wanted type; sets what `scale` says of that type.
  std::string stored_weights(std::size_t i, const Dimensions& dimensions,
                             const std::vector<std::int8_t>& weights, OnnxScale* scale) {
    if (weights_ == OnnxWeights::int8) {
      return graph_.constant(name(i, "weights"), dimensions, std::span<const std::int8_t>(weights));
    }
    scale->type = OnnxInteger::uint8;
    scale->zero_point = kUnsignedZero;
    std::vector<std::uint8_t> shifted;
    for (const std::int8_t w : weights) shifted.push_back(static_cast<std::uint8_t>(w + kUnsignedZero));
    return graph_.constant(name(i, "weights"), dimensions, std::span<const std::uint8_t>(shifted));
  }

  /// Weights and bias as real values.
  std::vector<std::string> parameters(std::size_t i, const Dimensions& dimensions,
                                      const std::vector<std::int8_t>& weights) {
    const LayerDraft& layer = layers()[i];
    OnnxScale weight{{}, 0, 0, OnnxInteger::int8}, bias{{}, 0, 0, OnnxInteger::int32};
    for (const double s : weight_scales(layer, scales_[i], scales_[i + 1])) {
      weight.scales.push_back(static_cast<float>(s));
      bias.scales.push_back(static_cast<float>(s * scales_[i]));
    }
    const std::string stored = stored_weights(i, dimensions, weights, &weight);
    const std::string bias_stored =
        graph_.constant(name(i, "bias"), {layer.channels}, std::span<const std::int32_t>(layer.bias));
    return {graph_.dequantise(stored, weight, name(i, "real_weights")),
            graph_.dequantise(bias_stored, bias, name(i, "real_bias"))};
  }

  void add_conv(std::size_t i) {
    const LayerDraft& layer = layers()[i];
    const LayerInfo shape = info(i);
    const bool full = layer.kind == LayerKind::conv;
    const edge::BinPadding pad = edge::bin_padding(shape.input_bins, layer.kernel);
    std::vector<std::string> inputs = {read(i)};
    const auto real =
        parameters(i, {layer.channels, full ? shape.input_channels : 1, layer.kernel.t, layer.kernel.f},
                   channels_first(layer, shape));
    inputs.insert(inputs.end(), real.begin(), real.end());
    finish(i, graph_.node("Conv", inputs, name(i, "sum"),
                          {{"kernel_shape", {layer.kernel.t, layer.kernel.f}},
                           {"strides", {layer.kernel.stride_t, layer.kernel.stride_f}},
                           {"pads", {0, pad.left, 0, pad.right}},
                           {"group", {full ? 1 : layer.channels}, false}}));
  }

  void add_skip(std::size_t i) {
    const LayerInfo shape = info(i);
    const auto from = static_cast<std::size_t>(shape.skip_tensor);
    const std::string skip = shape.skip_crop == 0 ? read(from) : requantised(crop(i, shape), from);
    finish(i, graph_.node("Add", {read(i), skip}, name(i, "sum")));
  }

  /// The skip tensor without its first and last frames.
  std::string crop(std::size_t i, const LayerInfo& shape) {
    const std::int64_t begin[] = {shape.skip_crop};
    const std::int64_t end[] = {shape.skip_crop + shape.frames};
    const std::int64_t axis[] = {2};
    return graph_.node(
        "Slice",
        {read(static_cast<std::size_t>(shape.skip_tensor)), graph_.constant(name(i, "begin"), begin),
         graph_.constant(name(i, "end"), end), graph_.constant(name(i, "axis"), axis)},
        name(i, "cropped"));
  }

  void add_head(std::size_t i) {
    const LayerDraft& layer = layers()[i];
    std::vector<std::string> inputs = {requantised(graph_.node("Flatten", {read(i)}, name(i, "flat")), i)};
    const auto real = parameters(i, {layer.channels, info(i).input_channels}, layer.weights);
    inputs.insert(inputs.end(), real.begin(), real.end());
    graph_.node("Gemm", inputs, "logits", {{"transB", {1}, false}});
    graph_.float_output("logits", {1, layer.channels});
  }

  /// Bounds what the layer bounds (a ReLU at the lowest int8 value needs nothing) and quantises.
  void finish(std::size_t i, std::string real) {
    const LayerDraft& layer = layers()[i];
    const bool bounds_low = layer.clamp_min > -128;
    const bool bounds_high = layer.clamp_max < 127;
    if (bounds_low && layer.clamp_min == layer.zero_point && !bounds_high) {
      real = graph_.node("Relu", {real}, name(i, "bounded"));
    } else if (bounds_low || bounds_high) {
      const auto bound = [&](std::int32_t q, std::string_view part) {
        const auto value = static_cast<float>((q - layer.zero_point) * scales_[i + 1]);
        return graph_.constant(name(i, part), {}, std::span(&value, 1));
      };
      const std::string low = bound(layer.clamp_min, "lowest");
      real = graph_.node("Clip", {real, low, bound(layer.clamp_max, "highest")}, name(i, "bounded"));
    }
    graph_.quantise(real, scale(i + 1), tensor(i + 1));
  }

  const QuantisedNetwork& network_;
  const OnnxWeights weights_;
  std::vector<double> scales_;
  OnnxGraph graph_;
  std::set<std::size_t> is_read_;
};

void add_property(std::string_view key, std::string_view value, onnx::ModelProto* model) {
  onnx::StringStringEntryProto* entry = model->add_metadata_props();
  entry->set_key(concat("pupil.", key));
  entry->set_value(std::string(value));
}

/// One line per class.
template <typename Value>
std::string per_class(const edge::ModelImage& image, Value value) {
  std::string lines;
  for (const edge::ClassDraft& c : image.classes) lines += concat(lines.empty() ? "" : "\n", value(c));
  return lines;
}

void add_properties(const edge::ModelImage& image, onnx::ModelProto* model) {
  for (const auto& [key, value] : image.metadata) add_property(key, value, model);
  add_property("labels", per_class(image, [](const auto& c) { return std::string_view(c.label); }), model);
  add_property("thresholds", per_class(image, [](const auto& c) { return c.threshold; }), model);
  add_property("calibration_gain", per_class(image, [](const auto& c) { return c.calibration_gain; }), model);
  add_property("calibration_offset", per_class(image, [](const auto& c) { return c.calibration_offset; }),
               model);
  add_property("scores", edge::to_string(image.score_kind), model);
  const edge::LogMelOptions& f = image.front_end;
  add_property("front_end",
               concat("sample_rate_hz=", f.sample_rate_hz, " window_samples=", f.window_samples,
                      " fft_samples=", f.fft_samples, " hop_samples=", f.hop_samples, " mel_count=",
                      f.mel_count, " low_hz=", f.low_hz, " high_hz=", f.high_hz, " floor=", f.floor),
               model);
}

}  // namespace

std::string onnx_bytes(const QuantisedNetwork& network, OnnxWeights weights) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("pupil");
  onnx::OperatorSetIdProto* opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(kOpset);
  add_properties(network.image(), &model);
  model.mutable_graph()->set_name("student");
  Exporter(network, weights, model.mutable_graph()).add_all();
  return model.SerializeAsString();
}

}  // namespace pupil::deploy
