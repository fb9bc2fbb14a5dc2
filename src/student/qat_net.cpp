// SPDX-License-Identifier: Apache-2.0
// Two networks over the same tensors: forward in the device's integers, backward in real numbers.
// 1. A tensor holds levels minus their zero point, as floats: padding is then 0, and the float kernels serve.
// 2. tensor(i) is the input of layer i and tensor(i + 1) its output, layers_[i].levels. gradients_ has the
//    same indices and holds gradients of real values, not of levels.
// 3. Each forward rounds the parameters anew. Backward uses QatLayer::real, the rounded weights at the scale
//    that the device's multiplier gives them, not the parameters themselves.
// 4. A level at a bound of its layer passes no gradient (mask()). A ReLU is such a bound, at the zero point.
// 5. Weight gradients come out of the kernels as products with levels: backward() puts the scale in, once they are sums over the
//    whole batch.
// 6. The head is rounded here and computed outside: exact_logits(), with a plain linear layer's gradient.

#include "student/qat_net.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "student/batch_division.h"
#include "student/cpu_memory.h"
#include "student/held_state.h"

namespace pupil::student {
namespace {

namespace k = kernels;

/// A layer's integers, and the memory of its latest pass.
struct QatLayer {
  LayerSpec spec;
  FoldedPlace at;
  k::ConvShape shape{};
  std::int64_t values = 0;  // of the output, per window
  edge::LayerDraft draft;
  double input_scale = 1;
  Buffer levels;              // minus the zero point
  std::vector<float> packed;  // weights as integers, for forward
  std::vector<float> real;    // weights as real numbers in padded rows (depthwise: plain), for backward
  std::vector<std::int32_t> multiplier, shift;

  k::Rounding rounding() const {
    return {draft.bias.data(), multiplier.data(), shift.data(),
            draft.zero_point,  draft.clamp_min,   draft.clamp_max};
  }
  float lowest() const { return static_cast<float>(draft.clamp_min - draft.zero_point); }
  float highest() const { return static_cast<float>(draft.clamp_max - draft.zero_point); }
};

constexpr k::Activation kPlain = {nullptr, nullptr, false};

}  // namespace

class QatNet::Passes {
 public:
  Passes(const NetworkSpec& spec, std::vector<TensorRange> ranges) : spec_(spec), ranges_(std::move(ranges)) {
    const std::vector<FoldedPlace> places = folded_places(spec);
    places_ = places;
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
      QatLayer& layer = layers_.emplace_back();
      layer.spec = spec.layers[i];
      layer.at = places[i];
      layer.shape = conv_shape(layer.spec);
      layer.values = values_of(layer.spec);
      layer.input_scale = ranges_[i].scale;
      largest_values_ = std::max({largest_values_, layer.values, input_values_of(layer.spec)});
    }
  }

  std::vector<edge::LayerDraft> drafts(const float* parameters) const {
    std::vector<edge::LayerDraft> drafts;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      drafts.push_back(quantise_layer(spec_, i, parameters, places_, ranges_));
    }
    return drafts;
  }

  /// Levels [B, T, F] minus the zero point -> levels of the features minus theirs, [B, C].
  /// `training`: of the own windows, where several processes train; else whole.
  at::Tensor forward(const at::Tensor& input, const float* parameters, bool training) {
    numbers_.begin();
    input_ = input.contiguous();
    batch_ = input_.size(0);
    part_ = training ? division_ : BatchDivision();
    part_.require_divisible(batch_);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      layers_[i].draft = quantise_layer(spec_, i, parameters, places_, ranges_);
    }
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      QatLayer& layer = layers_[i];
      if (layer.spec.convolves()) {
        convolve(i);
      } else if (layer.spec.kind == LayerKind::add) {
        add(i);
      } else {
        mean(i);
      }
    }
    const QatLayer& last = layers_[layers_.size() - 2];
    at::Tensor features = at::empty({batch_, last.spec.channels});
    std::copy_n(tensor(layers_.size() - 1), features.numel(), features.data_ptr<float>());
    part_.gather(std::span(features.data_ptr<float>(), static_cast<std::size_t>(features.numel())));
    return features;
  }

  /// Gradient of the folded parameters, for that of the real features.
  at::Tensor backward(const at::Tensor& feature_gradient) {
    at::Tensor gradient = at::zeros({folded_count(spec_)});
    gradients_.begin(layers_.size() + 1, batch_ * largest_values_);
    bool already = false;
    const at::Tensor top = feature_gradient.contiguous();
    std::copy_n(top.data_ptr<float>(), top.numel(), gradients_.of(layers_.size() - 1, &already));
    for (std::size_t i = layers_.size() - 1; i-- > 0;) {
      QatLayer& layer = layers_[i];
      mask(i);
      if (layer.spec.convolves()) {
        convolve_back(i, gradient.data_ptr<float>());
      } else if (layer.spec.kind == LayerKind::add) {
        add_back(i);
      } else {
        mean_back(i);
      }
      gradients_.release(i + 1);
    }
    part_.add_others({gradient.data_ptr<float>(), static_cast<std::size_t>(gradient.numel())});
    for (const QatLayer& layer : layers_) {
      if (layer.spec.convolves())
        gradient.narrow(0, layer.at.weight, layer.spec.weight_count()).mul_(layer.input_scale);
    }
    return gradient;
  }

  void divide(const BatchDivision& division) { division_ = division; }
  const PassNumbers& numbers() const { return numbers_; }
  double feature_scale() const { return ranges_[layers_.size() - 1].scale; }
  const edge::LayerDraft& head() const { return layers_.back().draft; }

 private:
  const float* tensor(std::size_t i) {
    return i == 0 ? input_.data_ptr<float>() : layers_[i - 1].levels.at_least(0);
  }
  std::int64_t tensor_values(std::size_t i) const { return input_values_of(layers_[i].spec); }
  static std::int64_t rows_of(const LayerSpec& spec) { return std::int64_t{spec.frames} * spec.bins; }

  void pack(QatLayer* layer) const {
    const std::int64_t count = layer->spec.weight_count();
    const bool depthwise = layer->spec.kind == LayerKind::depthwise;
    const std::int64_t taps = layer->spec.taps();
    const edge::LayerDraft& draft = layer->draft;
    std::vector<float> integers(draft.weights.begin(), draft.weights.end());
    layer->multiplier.assign(draft.multipliers.begin(), draft.multipliers.end());
    layer->shift.assign(draft.shifts.begin(), draft.shifts.end());
    // The real weight scale follows from the multiplier that is really used.
    const auto unit = [&](std::int64_t c) {
      const auto index = static_cast<std::size_t>(c);
      return std::ldexp(static_cast<double>(draft.multipliers[index]), -21 - draft.shifts[index]) *
             draft.scale / layer->input_scale;
    };
    if (depthwise) {
      layer->real.resize(static_cast<std::size_t>(count) + k::kPad);
      for (std::int64_t w = 0; w < count; ++w) {
        layer->real[static_cast<std::size_t>(w)] =
            static_cast<float>(integers[static_cast<std::size_t>(w)] * unit(w % layer->spec.channels));
      }
      integers.resize(integers.size() + k::kPad);
      layer->packed = std::move(integers);
      return;
    }
    layer->packed.resize(static_cast<std::size_t>(taps * k::padded(layer->spec.channels)) + k::kPad);
    table_.pack_conv(layer->shape, integers.data(), layer->packed.data());
    layer->real.assign(static_cast<std::size_t>(layer->spec.channels * k::padded(taps)) + k::kPad, 0.0F);
    for (std::int64_t c = 0; c < layer->spec.channels; ++c) {
      for (std::int64_t t = 0; t < taps; ++t) {
        layer->real[static_cast<std::size_t>(c * k::padded(taps) + t)] =
            static_cast<float>(integers[static_cast<std::size_t>(c * taps + t)] * unit(c));
      }
    }
  }

  void convolve(std::size_t i) {
    QatLayer& layer = layers_[i];
    const bool depthwise = layer.spec.kind == LayerKind::depthwise;
    pack(&layer);
    float* const output = layer.levels.at_least(batch_ * layer.values);
    const std::int64_t scratch_floats = k::padded(table_.scratch_floats(layer.shape, depthwise));
    float* const scratch = scratch_.at_least(range_count(batch_) * scratch_floats);
    const k::Rounding rounding = layer.rounding();
    part_.for_ranges(batch_, [&](std::int64_t r, std::int64_t first, std::int64_t windows) {
      float* const mine = output + first * layer.values;
      const k::ConvForward call = {
          layer.shape, windows, tensor(i) + first * tensor_values(i), kPlain, layer.packed.data(),
          mine,        nullptr, scratch + r * scratch_floats};
      (depthwise ? table_.depthwise_forward : table_.conv_forward)(call);
      table_.requantise(mine, windows * rows_of(layer.spec), layer.spec.channels, rounding);
    });
  }

  void add(std::size_t i) {
    QatLayer& layer = layers_[i];
    const auto skip = static_cast<std::size_t>(layer.spec.skip_tensor);
    const std::int64_t crop = std::int64_t{layer.spec.skip_crop} * layer.spec.bins * layer.spec.channels;
    float* const output = layer.levels.at_least(batch_ * layer.values);
    const edge::LayerDraft& d = layer.draft;
    part_.for_ranges(batch_, [&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t b = first; b < first + windows; ++b) {
        table_.add_levels(tensor(i) + b * layer.values, tensor(skip) + b * tensor_values(skip) + crop,
                          d.multiplier, d.skip_multiplier, d.zero_point, d.clamp_min, d.clamp_max,
                          layer.values, output + b * layer.values);
      }
    });
  }

  void mean(std::size_t i) {
    QatLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const std::int64_t rows = std::int64_t{spec.input_frames} / spec.frames * spec.input_bins;
    const auto channels = static_cast<std::size_t>(spec.channels);
    float* const output = layer.levels.at_least(batch_ * layer.values);
    const std::vector<std::int32_t> bias(channels, 0), multiplier(channels, layer.draft.multiplier),
        shift(channels, layer.draft.shift);
    const k::Rounding rounding = {bias.data(),           multiplier.data(),
                                  shift.data(),          layer.draft.zero_point,
                                  layer.draft.clamp_min, layer.draft.clamp_max};
    part_.for_ranges(batch_, [&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t o = first * spec.frames; o < (first + windows) * spec.frames; ++o) {
        float* const y = output + o * spec.channels;
        std::fill_n(y, spec.channels, 0.0F);
        for (std::int64_t r = 0; r < rows; ++r) {
          table_.activate(tensor(i) + (o * rows + r) * spec.channels, kPlain, 1, spec.channels, true, y);
        }
        // In 64ths: the sum that docs/format.md rounds, and what quantise_layer() made the multiplier for.
        for (std::int64_t c = 0; c < spec.channels; ++c) y[c] *= 64.0F;
        table_.requantise(y, 1, spec.channels, rounding);
      }
    });
  }

  // ---- Backward: gradients are those of real values.

  void mask(std::size_t i) {
    const QatLayer& layer = layers_[i];
    part_.for_ranges(batch_, [&](std::int64_t, std::int64_t first, std::int64_t windows) {
      table_.mask_gradient(tensor(i + 1) + first * layer.values, layer.lowest(), layer.highest(),
                           windows * layer.values, gradients_[i + 1] + first * layer.values);
    });
  }

  void mean_back(std::size_t i) {
    const LayerSpec& spec = layers_[i].spec;
    bool already = false;
    const float* dy = gradients_[i + 1];
    float* const dx = gradients_.of(i, &already);
    const std::int64_t rows = std::int64_t{spec.input_frames} / spec.frames * spec.input_bins;
    const float factor = 1.0F / static_cast<float>(rows);
    part_.for_ranges(batch_, [&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t row = first * spec.frames * rows; row < (first + windows) * spec.frames * rows;
           ++row) {
        const float* from = dy + row / rows * spec.channels;
        float* const to = dx + row * spec.channels;
        for (std::int64_t c = 0; c < spec.channels; ++c) to[c] = (already ? to[c] : 0.0F) + factor * from[c];
      }
    });
  }

  void add_back(std::size_t i) {
    const QatLayer& layer = layers_[i];
    const auto skip = static_cast<std::size_t>(layer.spec.skip_tensor);
    const std::int64_t skip_values = tensor_values(skip);
    const std::int64_t crop = std::int64_t{layer.spec.skip_crop} * layer.spec.bins * layer.spec.channels;
    const float* dy = gradients_[i + 1];
    bool already = false, skip_already = false;
    float* const da = gradients_.of(i, &already);
    float* const ds = gradients_.of(skip, &skip_already);
    part_.for_ranges(batch_, [&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t b = first; b < first + windows; ++b) {
        const std::int64_t at = b * layer.values;
        table_.relu_gradient(nullptr, dy + at, layer.values, already, da + at);
        // Frames that were cropped get nothing from this layer.
        if (!skip_already) std::fill_n(ds + b * skip_values, skip_values, 0.0F);
        table_.relu_gradient(nullptr, dy + at, layer.values, true, ds + b * skip_values + crop);
      }
    });
  }

  void convolve_back(std::size_t i, float* parameter_gradient) {
    QatLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const bool depthwise = spec.kind == LayerKind::depthwise;
    const float* dy = gradients_[i + 1];
    bool already = false;
    // Nothing learns from the input's gradient.
    float* const dx = i == 0 ? nullptr : gradients_.of(i, &already);
    const std::int64_t row = depthwise ? spec.taps() : k::padded(spec.taps());
    const std::int64_t partial_floats = k::padded(spec.channels * row);
    const std::int64_t scratch_floats = k::padded(table_.scratch_floats(layer.shape, depthwise));
    const std::int64_t ranges = range_count(batch_);
    float* const scratch = scratch_.at_least(ranges * scratch_floats);
    float* const partial = partial_.at_least(ranges * partial_floats);
    sums_.assign(static_cast<std::size_t>(ranges * 2 * spec.channels), 0.0);
    const std::vector<float> unused(static_cast<std::size_t>(spec.channels));
    part_.for_ranges(batch_, [&](std::int64_t r, std::int64_t first, std::int64_t windows) {
      float* const mine = partial + r * partial_floats;
      std::fill_n(mine, partial_floats, 0.0F);
      k::ConvBackward call{};
      call.shape = layer.shape;
      call.windows = windows;
      call.input = tensor(i) + first * tensor_values(i);
      call.weights = layer.real.data();
      call.output = tensor(i + 1) + first * layer.values;
      call.output_gradient = dy + first * layer.values;
      call.input_gradient = dx == nullptr ? nullptr : dx + first * tensor_values(i);
      call.add_input_gradient = already;
      call.weight_gradient = mine;
      call.scratch = scratch + r * scratch_floats;
      (depthwise ? table_.depthwise_backward : table_.conv_backward)(call);
      // The bias gradient is the first half of the sums; without batch norm nobody reads the second.
      table_.gradient_sums(call.output, {unused.data(), unused.data(), false}, call.output_gradient,
                           windows * rows_of(spec), spec.channels, sums_.data() + r * 2 * spec.channels);
    });
    add_partials(layer, partial, partial_floats, parameter_gradient);
  }

  void add_partials(const QatLayer& layer, float* partial, std::int64_t partial_floats,
                    float* parameter_gradient) {
    const LayerSpec& spec = layer.spec;
    const bool depthwise = spec.kind == LayerKind::depthwise;
    const std::int64_t rows = depthwise ? 1 : spec.channels;
    const std::int64_t columns = depthwise ? spec.weight_count() : spec.taps();
    const std::int64_t stride = depthwise ? spec.weight_count() : k::padded(spec.taps());
    const std::int64_t first_range = part_.first_range(batch_), ranges = part_.own_ranges(batch_);
    float* const from = partial + first_range * partial_floats;
    add_up(from, ranges, partial_floats);
    float* const weights = parameter_gradient + layer.at.weight;
    for (std::int64_t n = 0; n < rows; ++n) std::copy_n(from + n * stride, columns, weights + n * columns);
    std::vector<float> bias;
    for (std::int64_t range = first_range; range < first_range + ranges; ++range) {
      const double* const sums = sums_.data() + range * 2 * spec.channels;
      for (std::int64_t c = 0; c < spec.channels; ++c) bias.push_back(static_cast<float>(sums[c]));
    }
    add_up(bias.data(), ranges, spec.channels);
    std::copy_n(bias.begin(), spec.channels, parameter_gradient + layer.at.bias);
  }

  const k::Table& table_ = k::table();
  const NetworkSpec spec_;
  const std::vector<TensorRange> ranges_;
  std::vector<FoldedPlace> places_;
  std::vector<QatLayer> layers_;
  std::int64_t largest_values_ = 0;
  PassNumbers numbers_;
  at::Tensor input_;
  std::int64_t batch_ = 0;
  Buffer scratch_, partial_;
  std::vector<double> sums_;
  GradientPool gradients_;
  BatchDivision division_;
  BatchDivision part_;  // of the latest pass
};

/// Body and head as operations with gradients.
struct QatBody : torch::autograd::Function<QatBody> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& parameters,
                            const at::Tensor& levels, const std::shared_ptr<QatNet::Passes>& passes) {
    context->saved_data["passes"] = HeldState<QatNet::Passes>::hold(passes);
    at::Tensor features =
        passes->forward(levels, parameters.data_ptr<float>(), true).mul_(passes->feature_scale());
    context->saved_data["pass"] = passes->numbers().latest();
    return features;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto passes = HeldState<QatNet::Passes>::held(context->saved_data["passes"]);
    passes->numbers().check_latest(context->saved_data["pass"].toInt());
    return {passes->backward(gradients[0]), at::Tensor(), at::Tensor()};
  }
};

namespace {

/// Gives `exact`, with the gradient of `smooth`.
struct StraightThrough : torch::autograd::Function<StraightThrough> {
  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor&, const at::Tensor& exact) {
    return exact.clone();
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0], at::Tensor()};
  }
};

template <typename Value>
at::Tensor as_tensor(const std::vector<Value>& values) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
  return tensor;
}

/// The head's integers: sums of at most 8192 products stay exact in float64, whatever the order.
at::Tensor exact_logits(const edge::LayerDraft& head, const at::Tensor& levels) {
  const std::int64_t inputs = levels.size(1);
  const at::Tensor weights = as_tensor(head.weights).view({head.channels, inputs}).to(at::kDouble);
  const at::Tensor bias = at::empty({head.channels}, at::kDouble);
  std::copy(head.bias.begin(), head.bias.end(), bias.data_ptr<double>());
  const at::Tensor sums = at::addmm(bias, levels.to(at::kDouble), weights.t());
  return sums.to(at::kFloat) * as_tensor(head.logit_scales);
}

}  // namespace

QatNet::QatNet(NetworkSpec spec, const at::Tensor& folded, std::vector<TensorRange> ranges)
    : spec_(std::move(spec)),
      ranges_(std::move(ranges)),
      parameters_(folded.detach().cpu().clone().requires_grad_()),
      statistics_(at::empty({0})),
      passes_(std::make_shared<Passes>(spec_, ranges_)) {}

QatNet::~QatNet() = default;

QatNet::Output QatNet::forward(const at::Tensor& input, bool training) {
  const TensorRange& range = ranges_[0];
  const at::Tensor levels =
      (input.detach().cpu() / range.scale + (range.zero_point + 0.5)).floor().clamp(-128, 127);
  return forward_levels(levels, training);
}

QatNet::Output QatNet::forward_levels(const at::Tensor& levels, bool training) {
  const at::Tensor input = (levels - static_cast<double>(ranges_[0].zero_point)).contiguous();
  Output output;
  if (!training) {
    const at::Tensor features = passes_->forward(input, parameters_.data_ptr<float>(), false);
    output.logits = exact_logits(passes_->head(), features);
    output.features = features * passes_->feature_scale();
    return output;
  }
  output.features = QatBody::apply(parameters_, input, passes_);
  // Back to the exact levels: scaling and dividing may have moved them by a rounding.
  const at::Tensor feature_levels = (output.features.detach() / passes_->feature_scale()).round();
  const FoldedPlace place = folded_places(spec_).back();
  const LayerSpec& head = spec_.layers.back();
  const at::Tensor weight =
      parameters_.narrow(0, place.weight, head.weight_count()).view({head.channels, head.input_channels});
  const at::Tensor smooth =
      at::addmm(parameters_.narrow(0, place.bias, head.channels), output.features, weight.t());
  output.logits = StraightThrough::apply(smooth, exact_logits(passes_->head(), feature_levels));
  return output;
}

void QatNet::divide(training::ProcessGroup* group) {
  passes_->divide(BatchDivision(group));
}

at::Tensor QatNet::decay_mask() const {
  at::Tensor mask = at::zeros({parameters_.numel()});
  const std::vector<FoldedPlace> places = folded_places(spec_);
  for (std::size_t i = 0; i < spec_.layers.size(); ++i) {
    mask.narrow(0, places[i].weight, spec_.layers[i].weight_count()).fill_(1.0);
  }
  return mask;
}

std::vector<edge::LayerDraft> QatNet::layers() const {
  return passes_->drafts(parameters_.data_ptr<float>());
}

InputScale input_scale(const FeatureScale& scale, const TensorRange& input) {
  InputScale result;
  for (std::size_t f = 0; f < scale.mean.size(); ++f) {
    const double gain = 1.0 / (static_cast<double>(scale.deviation[f]) * input.scale);
    result.gain.push_back(static_cast<float>(gain));
    result.shift.push_back(static_cast<float>(input.zero_point - scale.mean[f] * gain));
  }
  return result;
}

void input_levels(const InputScale& scale, std::span<const float> frames, std::span<float> levels) {
  const std::size_t mels = scale.gain.size();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const float scaled = frames[i] * scale.gain[i % mels];
    const float value = scaled + scale.shift[i % mels];
    // As on the device: NaN fails the comparison and becomes -128, and 128.5 makes all values positive, which
    // truncation then rounds half up.
    const float above = value > -128.0F ? value : -128.0F;
    const float bounded = above < 127.0F ? above : 127.0F;
    levels[i] = static_cast<float>(static_cast<std::int32_t>(bounded + 128.5F) - 128);
  }
}

}  // namespace pupil::student
