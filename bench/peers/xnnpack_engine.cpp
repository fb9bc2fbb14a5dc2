// SPDX-License-Identifier: Apache-2.0
// The network in XNNPACK's operators: int8 with a scale per channel, NHWC with time as height, which is our own
// layout; skips are cropped by pointer, so nothing is copied.
//
// 1. tensors_[i + 1] is the output of operator i. Operators keep the addresses they were set up with, so all
//    tensors are allocated first, XNN_EXTRA_BYTES longer than they need: XNNPACK reads past the end.
// 2. XNNPACK has real scales where the model file has multipliers; deploy/tensor_scales.h recovers them.
//    Rounding differs, so logits are compared by label alone.
// 3. Each operator is created, shaped and set up once; run() quantises the frames and calls them in order.
// 4. XNNPACK has no operator that quantises by a gain and a shift per bin, so pupil's own kernel does it: that
//    part of a window costs both the same.

#include "bench/peers/engine.h"

#ifdef PUPIL_HAS_XNNPACK

#include <xnnpack.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include "deploy/tensor_scales.h"
#include "kernels/table.h"
#include "model/shapes.h"

namespace pupil::bench {
namespace {

constexpr double kTypicalActivation = 128.0;  // |value - zero point|, rarely exceeded
constexpr std::size_t kWorkspaceAlignment = 64;

using edge::LayerDraft;
using edge::LayerInfo;
using edge::LayerKind;

void check(xnn_status status) {
  if (status != xnn_status_success) throw std::runtime_error("XNNPACK: status " + std::to_string(status));
}

class XnnpackEngine : public Engine {
 public:
  explicit XnnpackEngine(const deploy::QuantisedNetwork& network)
      : network_(network), scales_(deploy::tensor_scales(network)) {
    check(xnn_initialize(nullptr));
    const edge::Model& model = network_.model();
    tensors_.push_back(buffer(std::int64_t{model.window_frames()} * model.mel_count()));
    for (std::int32_t i = 0; i < model.layer_count(); ++i) {
      const LayerInfo info = model.layer(i);
      tensors_.push_back(buffer(std::int64_t{info.frames} * info.bins * info.channels));
    }
    for (std::int32_t i = 0; i < model.layer_count(); ++i) operators_.push_back(make(i));
    logits_.resize(static_cast<std::size_t>(model.class_count()));
  }
  ~XnnpackEngine() override {
    for (xnn_operator_t op : operators_) xnn_delete_operator(op);
  }

  std::string name() const override { return "XNNPACK (" PUPIL_XNNPACK_VERSION ")"; }

  std::span<const float> run(std::span<const float> frames) override {
    quantise(frames);
    for (xnn_operator_t op : operators_) check(xnn_run_operator(op, nullptr));
    for (std::size_t k = 0; k < logits_.size(); ++k)
      logits_[k] = static_cast<float>(tensors_.back()[k]) * logit_step_;
    return logits_;
  }

 private:
  static std::vector<std::int8_t> buffer(std::int64_t count) {
    return std::vector<std::int8_t>(static_cast<std::size_t>(count) + XNN_EXTRA_BYTES);
  }

  void quantise(std::span<const float> frames) {
    const edge::ModelImage& image = network_.image();
    const std::size_t bins = image.input_gain.size();
    auto* q = reinterpret_cast<std::uint8_t*>(tensors_[0].data());
    kernels_.quantise({frames.data(), image.input_gain.data(), image.input_shift.data(),
                       static_cast<std::int32_t>(bins), q, static_cast<std::int64_t>(bins),
                       static_cast<std::int32_t>(frames.size() / bins)});
    for (std::size_t i = 0; i < frames.size(); ++i) q[i] ^= kernels_.stored_xor;
  }

  xnn_quantization_params quantisation(std::size_t tensor) const {
    return {zero_point(tensor), scale(tensor)};
  }

  // Memory that an operator wants beside its tensors; it keeps the address.
  void* workspace(std::size_t bytes) {
    workspaces_.emplace_back(bytes + kWorkspaceAlignment);
    void* place = workspaces_.back().data();
    std::size_t room = workspaces_.back().size();
    return std::align(kWorkspaceAlignment, bytes, place, room);
  }

  std::int8_t zero_point(std::size_t tensor) const {
    const std::int32_t zero =
        tensor == 0 ? network_.image().input_zero_point : network_.image().layers[tensor - 1].zero_point;
    return static_cast<std::int8_t>(zero);
  }
  float scale(std::size_t tensor) const { return static_cast<float>(scales_[tensor]); }

  xnn_operator_t make(std::int32_t index) {
    const auto i = static_cast<std::size_t>(index);
    const LayerDraft& layer = network_.image().layers[i];
    const LayerInfo info = network_.model().layer(index);
    switch (layer.kind) {
      case LayerKind::conv:
      case LayerKind::depthwise: return make_conv(i, layer, info);
      case LayerKind::add: return make_add(i, layer, info);
      case LayerKind::mean_f:
        return make_mean(i, info.channels, static_cast<std::size_t>(info.frames),
                         static_cast<std::size_t>(info.input_bins));
      case LayerKind::mean_tf:
        return make_mean(i, info.channels, 1,
                         static_cast<std::size_t>(info.input_bins * input_frames(index)));
      case LayerKind::head: return make_head(i, layer, info);
    }
    throw std::runtime_error("XNNPACK: unknown layer");
  }

  std::int32_t input_frames(std::int32_t layer) const {
    return layer > 0 ? network_.model().layer(layer - 1).frames : network_.model().window_frames();
  }

  std::vector<float> kernel_scales(std::size_t i, const LayerDraft& layer, double output_scale) const {
    const std::vector<double> exact = deploy::weight_scales(layer, scales_[i], output_scale);
    return {exact.begin(), exact.end()};
  }

  xnn_operator_t make_conv(std::size_t i, const LayerDraft& layer, const LayerInfo& info) {
    const bool full = layer.kind == LayerKind::conv;
    const auto pad = edge::bin_padding(info.input_bins, layer.kernel);
    const std::vector<float> weights = kernel_scales(i, layer, scales_[i + 1]);
    const auto size = [](std::int32_t x) { return static_cast<std::uint32_t>(x); };
    xnn_operator_t op = nullptr;
    check(xnn_create_convolution2d_nhwc_qs8_qc8w(
        0, size(pad.right), 0, size(pad.left), size(layer.kernel.t), size(layer.kernel.f),
        size(layer.kernel.stride_t), size(layer.kernel.stride_f), 1, 1, full ? 1 : size(layer.channels),
        full ? size(info.input_channels) : 1, full ? size(layer.channels) : 1, size(info.input_channels),
        size(layer.channels), zero_point(i), scale(i), weights.data(), layer.weights.data(),
        layer.bias.data(), zero_point(i + 1), scale(i + 1), static_cast<std::int8_t>(layer.clamp_min),
        static_cast<std::int8_t>(layer.clamp_max), full ? 0 : XNN_FLAG_DEPTHWISE_CONVOLUTION, nullptr, &op));
    place_conv(op, size(input_frames(static_cast<std::int32_t>(i))), size(info.input_bins), i);
    return op;
  }

  void place_conv(xnn_operator_t op, std::size_t height, std::size_t width, std::size_t i) {
    std::size_t bytes = 0;
    std::size_t output_height = 0;
    std::size_t output_width = 0;
    check(xnn_reshape_convolution2d_nhwc_qs8_qc8w(op, 1, height, width, &bytes, &output_height, &output_width,
                                                  nullptr));
    check(xnn_setup_convolution2d_nhwc_qs8_qc8w(op, workspace(bytes), tensors_[i].data(),
                                                tensors_[i + 1].data()));
  }

  xnn_operator_t make_add(std::size_t i, const LayerDraft& layer, const LayerInfo& info) {
    if (layer.clamp_min != -128 || layer.clamp_max != 127) {
      throw std::runtime_error("XNNPACK: its add has no bounds, and this network's has");
    }
    const auto skip = static_cast<std::size_t>(info.skip_tensor);
    const xnn_quantization_params a = quantisation(i);
    const xnn_quantization_params b = quantisation(skip);
    const xnn_quantization_params sum = quantisation(i + 1);
    xnn_operator_t op = nullptr;
    check(xnn_create_binary_elementwise_nd(xnn_binary_add, xnn_datatype_qint8, &a, &b, &sum, 0, &op));
    const std::size_t row = static_cast<std::size_t>(info.bins) * static_cast<std::size_t>(info.channels);
    const std::size_t shape[] = {static_cast<std::size_t>(info.frames) * row};
    check(xnn_reshape_binary_elementwise_nd(op, 1, shape, 1, shape, nullptr));
    check(xnn_setup_binary_elementwise_nd(
        op, tensors_[i].data(), tensors_[skip].data() + static_cast<std::size_t>(info.skip_crop) * row,
        tensors_[i + 1].data()));
    return op;
  }

  // The mean of `width` neighbouring positions, `batch` times.
  xnn_operator_t make_mean(std::size_t i, std::int32_t channels, std::size_t batch, std::size_t width) {
    const xnn_quantization_params input = quantisation(i);
    const xnn_quantization_params output = quantisation(i + 1);
    xnn_operator_t op = nullptr;
    check(xnn_create_reduce_nd(xnn_reduce_mean, xnn_datatype_qint8, &input, &output, 0, &op));
    const std::int64_t axis = 1;
    const std::size_t shape[] = {batch, width, static_cast<std::size_t>(channels)};
    std::size_t bytes = 0;
    check(xnn_reshape_reduce_nd(op, 1, &axis, 3, shape, &bytes, nullptr));
    check(xnn_setup_reduce_nd(op, workspace(bytes), tensors_[i].data(), tensors_[i + 1].data()));
    return op;
  }

  // As a pointwise convolution, which knows scales per channel. Its output is int8, so its range must be
  // chosen: the bias and what the weights make of independent inputs. The exact bound would be several times
  // that and cost bits.
  xnn_operator_t make_head(std::size_t i, const LayerDraft& layer, const LayerInfo& info) {
    double largest = 0;
    for (std::size_t k = 0; k < layer.bias.size(); ++k) {
      double bound = std::fabs(static_cast<double>(layer.bias[k]));
      double squares = 0;
      for (std::int32_t c = 0; c < info.input_channels; ++c) {
        const double w =
            layer.weights[k * static_cast<std::size_t>(info.input_channels) + static_cast<std::size_t>(c)];
        squares += w * w;
      }
      bound += kTypicalActivation * std::sqrt(squares);
      largest = std::max(largest, bound * layer.logit_scales[k]);
    }
    logit_step_ = static_cast<float>(largest / 127.0);
    const std::vector<float> weights = kernel_scales(i, layer, 1.0);
    const auto inputs = static_cast<std::size_t>(info.input_channels);
    const auto outputs = static_cast<std::size_t>(layer.channels);
    xnn_operator_t op = nullptr;
    check(xnn_create_convolution2d_nhwc_qs8_qc8w(
        0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, inputs, outputs, inputs, outputs, zero_point(i), scale(i),
        weights.data(), layer.weights.data(), layer.bias.data(), 0, logit_step_, -128, 127, 0, nullptr, &op));
    place_conv(op, 1, 1, i);
    return op;
  }

  deploy::QuantisedNetwork network_;
  std::vector<double> scales_;
  std::vector<std::vector<std::int8_t>> tensors_;
  std::vector<xnn_operator_t> operators_;
  std::vector<std::vector<std::byte>> workspaces_;
  const edge::kernels::Table& kernels_ = *edge::kernels::find_table(edge::KernelSet::automatic);
  std::vector<float> logits_;
  float logit_step_ = 1.0F;
};

}  // namespace

std::unique_ptr<Engine> make_xnnpack_engine(const deploy::QuantisedNetwork& network) {
  return std::make_unique<XnnpackEngine>(network);
}

}  // namespace pupil::bench

#else

namespace pupil::bench {
std::unique_ptr<Engine> make_xnnpack_engine(const deploy::QuantisedNetwork&) {
  return nullptr;
}
}  // namespace pupil::bench

#endif
