// SPDX-License-Identifier: Apache-2.0
// The network in XNNPACK's operators (Debian's release of 2022): int8 with a scale per channel, NHWC with
// time as height, which is our own layout; skips are cropped by pointer, so nothing is copied.
//
// 1. tensors_[i + 1] is the output of operator i. Operators keep the addresses they were set up with, so all
//    tensors are allocated first, XNN_EXTRA_BYTES longer than they need: XNNPACK reads past the end.
// 2. XNNPACK has real scales where the model file has multipliers; deploy/tensor_scales.h recovers them.
//    Rounding differs, so logits are compared by label alone.
// 3. Each operator is created once; run() quantises the frames with the model's own formula and calls them in
//    order.

#include "bench/peers/engine.h"

#ifdef PUPIL_HAS_XNNPACK

#include <xnnpack.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "deploy/tensor_scales.h"
#include "model/shapes.h"

namespace pupil::bench {
namespace {

constexpr double kTypicalActivation = 128.0;  // |value - zero point|, rarely exceeded

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

  std::string name() const override { return "XNNPACK (Debian 2022)"; }

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
    std::int8_t* q = tensors_[0].data();
    for (std::size_t t = 0; t < frames.size(); t += bins) {
      for (std::size_t f = 0; f < bins; ++f) {
        const float x = frames[t + f] * image.input_gain[f] + image.input_shift[f];
        q[t + f] = static_cast<std::int8_t>(
            static_cast<std::int32_t>(std::min(std::max(x, -128.0F), 127.0F) + 128.5F) - 128);
      }
    }
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
        return make_mean(i, layer, static_cast<std::size_t>(info.frames),
                         static_cast<std::size_t>(info.input_bins));
      case LayerKind::mean_tf:
        return make_mean(i, layer, 1, static_cast<std::size_t>(info.input_bins * input_frames(index)));
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
    check(xnn_create_convolution2d_nhwc_qc8(
        0, size(pad.right), 0, size(pad.left), size(layer.kernel.t), size(layer.kernel.f),
        size(layer.kernel.stride_t), size(layer.kernel.stride_f), 1, 1, full ? 1 : size(layer.channels),
        full ? size(info.input_channels) : 1, full ? size(layer.channels) : 1, size(info.input_channels),
        size(layer.channels), zero_point(i), scale(i), weights.data(), layer.weights.data(),
        layer.bias.data(), zero_point(i + 1), scale(i + 1), static_cast<std::int8_t>(layer.clamp_min),
        static_cast<std::int8_t>(layer.clamp_max), full ? 0 : XNN_FLAG_DEPTHWISE_CONVOLUTION, &op));
    check(xnn_setup_convolution2d_nhwc_qc8(op, 1, size(input_frames(static_cast<std::int32_t>(i))),
                                           size(info.input_bins), tensors_[i].data(), tensors_[i + 1].data(),
                                           nullptr));
    return op;
  }

  xnn_operator_t make_add(std::size_t i, const LayerDraft& layer, const LayerInfo& info) {
    const auto skip = static_cast<std::size_t>(info.skip_tensor);
    xnn_operator_t op = nullptr;
    check(xnn_create_add_nd_qs8(zero_point(i), scale(i), zero_point(skip), scale(skip), zero_point(i + 1),
                                scale(i + 1), static_cast<std::int8_t>(layer.clamp_min),
                                static_cast<std::int8_t>(layer.clamp_max), 0, &op));
    const std::size_t row = static_cast<std::size_t>(info.bins) * static_cast<std::size_t>(info.channels);
    const std::size_t shape[] = {static_cast<std::size_t>(info.frames) * row};
    check(xnn_setup_add_nd_qs8(op, 1, shape, 1, shape, tensors_[i].data(),
                               tensors_[skip].data() + static_cast<std::size_t>(info.skip_crop) * row,
                               tensors_[i + 1].data(), nullptr));
    return op;
  }

  xnn_operator_t make_mean(std::size_t i, const LayerDraft& layer, std::size_t batch, std::size_t width) {
    const auto channels = static_cast<std::size_t>(layer.channels > 0 ? layer.channels : 0);
    xnn_operator_t op = nullptr;
    check(xnn_create_global_average_pooling_nwc_qs8(channels, channels, channels, zero_point(i), scale(i),
                                                    zero_point(i + 1), scale(i + 1), -128, 127, 0, &op));
    check(xnn_setup_global_average_pooling_nwc_qs8(op, batch, width, tensors_[i].data(),
                                                   tensors_[i + 1].data(), nullptr));
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
    check(xnn_create_convolution2d_nhwc_qc8(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, inputs, outputs, inputs, outputs,
                                            zero_point(i), scale(i), weights.data(), layer.weights.data(),
                                            layer.bias.data(), 0, logit_step_, -128, 127, 0, &op));
    check(xnn_setup_convolution2d_nhwc_qc8(op, 1, 1, 1, tensors_[i].data(), tensors_[i + 1].data(), nullptr));
    return op;
  }

  deploy::QuantisedNetwork network_;
  std::vector<double> scales_;
  std::vector<std::vector<std::int8_t>> tensors_;
  std::vector<xnn_operator_t> operators_;
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
