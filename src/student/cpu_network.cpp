// SPDX-License-Identifier: Apache-2.0
// Passes over raw tensors: what convolutions wrote; who reads them does batch norm and ReLU
// (float_kernels.h). Layer by layer over the batch, not window by window: a norm needs the whole batch's sums
// before it is read.
//
// 1. tensor(i) is the input of layer i and activation(i) says how to read it; tensor(i + 1) is
//    layers_[i].raw. Additions and means write final values: these are read as they are.
// 2. gradients_[i] is that of tensor i as it is read. norm_back() turns it into that of raw (a, b, c) and
//    must run right before the convolution's backward, which reads them.
// 3. A layer's mean, deviation, scale and shift are the latest forward's, and backward is of that one.
// 4. Each range of windows has its own part of sums_, scratch_ and partial_; they are added in a fixed order, so that the
//    number of threads does not change a bit.
// 5. Where several processes train (batch_division.h), each passes its own windows, at their places in the whole batch's
//    tensors; sums_, features and the gradient of weights are put together between them. Passes that do not train are whole.

#include "student/cpu_network.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "student/batch_division.h"
#include "student/cpu_memory.h"
#include "student/float_kernels.h"
#include "student/held_state.h"
#include "student/mel_cnn.h"

namespace pupil::student {
namespace {

namespace k = kernels;

/// A layer with the memory of its latest pass.
struct CpuLayer {
  LayerSpec spec;
  ParameterPlace at;
  k::ConvShape shape{};
  std::int64_t values = 0;  // of the output, per window
  Buffer raw;
  std::vector<float> scale, shift;      // batch norm, as it was applied
  std::vector<double> mean, deviation;  // of raw, over the batch
  std::vector<float> a, b, c;           // of RawGradient
  std::vector<float> packed;            // weights for forward
  std::vector<float> rows;              // weights in padded rows for backward

  k::Activation activation() const {
    if (!spec.convolves()) return {nullptr, nullptr, false};
    return {scale.data(), shift.data(), spec.relu};
  }
};

}  // namespace

class CpuNetwork::Passes {
 public:
  Passes(const NetworkSpec& spec, const std::vector<ParameterPlace>& places) {
    for (std::size_t i = 0; i + 1 < spec.layers.size(); ++i) {
      CpuLayer& layer = layers_.emplace_back();
      layer.spec = spec.layers[i];
      layer.at = places[i];
      layer.shape = conv_shape(layer.spec);
      layer.values = values_of(layer.spec);
      largest_values_ = std::max({largest_values_, layer.values, input_values_of(layer.spec)});
      if (layer.spec.convolves()) prepare(&layer);
    }
  }

  const PassNumbers& numbers() const { return numbers_; }
  void divide(const BatchDivision& division) { division_ = division; }

  at::Tensor forward(const at::Tensor& input, const float* parameters, float* statistics, bool training) {
    numbers_.begin();
    input_ = input.contiguous();
    batch_ = input_.size(0);
    part_ = training ? division_ : BatchDivision();
    part_.require_divisible(batch_);
    const LayerSpec& last = layers_.back().spec;
    at::Tensor features = at::empty({batch_, last.channels});
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      CpuLayer& layer = layers_[i];
      switch (layer.spec.kind) {
        case LayerKind::conv:
        case LayerKind::depthwise: convolve(i, parameters, statistics, training); break;
        case LayerKind::add: add(i); break;
        case LayerKind::mean_f: mean(i, layer.raw.at_least(batch_ * layer.values)); break;
        default: mean(i, features.data_ptr<float>()); break;
      }
    }
    part_.gather(std::span(features.data_ptr<float>(), static_cast<std::size_t>(features.numel())));
    return features;
  }

  at::Tensor backward(const at::Tensor& feature_gradient, std::int64_t parameter_count) {
    gradients_.begin(layers_.size() + 1, batch_ * largest_values_);
    at::Tensor gradient = at::zeros({parameter_count});
    // Of the own windows alone, until all layers are through; those of norms are of the batch from the beginning.
    at::Tensor weight_gradient = at::zeros({parameter_count});
    const at::Tensor top = feature_gradient.contiguous();
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const LayerSpec& spec = layers_[i].spec;
      if (spec.convolves()) {
        convolve_back(i, gradient.data_ptr<float>(), weight_gradient.data_ptr<float>());
      } else if (spec.kind == LayerKind::add) {
        add_back(i);
      } else {
        mean_back(i, spec.kind == LayerKind::mean_tf ? top.data_ptr<float>() : gradients_[i + 1]);
      }
      gradients_.release(i + 1);
    }
    gradients_.release(0);
    part_.add_others({weight_gradient.data_ptr<float>(), static_cast<std::size_t>(parameter_count)});
    return gradient.add_(weight_gradient);
  }

 private:
  static void prepare(CpuLayer* layer) {
    const auto channels = static_cast<std::size_t>(layer->spec.channels);
    const std::int64_t taps = layer->spec.taps();
    for (auto* v : {&layer->scale, &layer->shift, &layer->a, &layer->b, &layer->c})
      v->resize(channels + k::kPad);
    layer->mean.resize(channels);
    layer->deviation.resize(channels);
    if (layer->spec.kind == LayerKind::conv) {
      layer->packed.resize(static_cast<std::size_t>(taps * k::padded(layer->spec.channels)) + k::kPad);
      layer->rows.resize(channels * static_cast<std::size_t>(k::padded(taps)) + k::kPad);
    } else {
      layer->packed.resize(static_cast<std::size_t>(layer->spec.weight_count()) + k::kPad);
    }
  }

  std::int64_t ranges() const { return range_count(batch_); }
  template <typename Work>
  void for_ranges(const Work& work) const {
    part_.for_ranges(batch_, work);
  }

  const float* tensor(std::size_t i) {
    return i == 0 ? input_.data_ptr<float>() : layers_[i - 1].raw.at_least(0);
  }
  std::int64_t tensor_values(std::size_t i) const { return input_values_of(layers_[i].spec); }
  k::Activation activation(std::size_t i) const {
    return i == 0 ? k::Activation{nullptr, nullptr, false} : layers_[i - 1].activation();
  }

  void pack(CpuLayer* layer, const float* parameters) const {
    const float* weights = parameters + layer->at.weight;
    if (layer->spec.kind == LayerKind::depthwise) {
      std::copy_n(weights, layer->spec.weight_count(), layer->packed.begin());
      return;
    }
    table_.pack_conv(layer->shape, weights, layer->packed.data());
    const std::int64_t taps = layer->spec.taps();
    for (std::int64_t n = 0; n < layer->spec.channels; ++n) {
      std::copy_n(weights + n * taps, taps, layer->rows.begin() + n * k::padded(taps));
    }
  }

  void convolve(std::size_t i, const float* parameters, float* statistics, bool training) {
    CpuLayer& layer = layers_[i];
    const bool depthwise = layer.spec.kind == LayerKind::depthwise;
    pack(&layer, parameters);
    float* const output = layer.raw.at_least(batch_ * layer.values);
    const std::int64_t scratch_floats = table_.scratch_floats(layer.shape, depthwise);
    const std::int64_t channels = layer.spec.channels;
    sums_.assign(static_cast<std::size_t>(ranges() * 2 * channels), 0.0);
    float* const scratch = scratch_.at_least(ranges() * k::padded(scratch_floats));
    for_ranges([&](std::int64_t r, std::int64_t first, std::int64_t windows) {
      const k::ConvForward call = {layer.shape,
                                   windows,
                                   tensor(i) + first * tensor_values(i),
                                   activation(i),
                                   layer.packed.data(),
                                   output + first * layer.values,
                                   training ? sums_.data() + r * 2 * channels : nullptr,
                                   scratch + r * k::padded(scratch_floats)};
      (depthwise ? table_.depthwise_forward : table_.conv_forward)(call);
    });
    if (training) part_.gather(std::span(sums_));
    normalise(&layer, parameters, statistics, training);
  }

  /// The sums of all ranges, in their order, for channel c: of x (or g), of x * x (or g * raw).
  std::pair<double, double> total(std::int64_t c, std::int64_t channels) const {
    double first = 0, second = 0;
    for (std::int64_t r = 0; r < ranges(); ++r) {
      first += sums_[static_cast<std::size_t>(r * 2 * channels + c)];
      second += sums_[static_cast<std::size_t>(r * 2 * channels + channels + c)];
    }
    return {first, second};
  }

  void normalise(CpuLayer* layer, const float* parameters, float* statistics, bool training) const {
    const std::int64_t channels = layer->spec.channels;
    const auto count = static_cast<double>(batch_ * layer->spec.frames * layer->spec.bins);
    for (std::int64_t c = 0; c < channels; ++c) {
      float& running_mean = statistics[layer->at.mean + c];
      float& running_variance = statistics[layer->at.variance + c];
      double mean = running_mean, variance = running_variance;
      if (training) {
        const auto [x, xx] = total(c, channels);
        mean = x / count;
        variance = std::max(0.0, xx / count - mean * mean);
        const double unbiased = variance * count / std::max(1.0, count - 1);
        running_mean += static_cast<float>(kNormMomentum * (mean - running_mean));
        running_variance += static_cast<float>(kNormMomentum * (unbiased - running_variance));
      }
      const double deviation = std::sqrt(variance + kNormEpsilon);
      const double scale = parameters[layer->at.gamma + c] / deviation;
      const auto index = static_cast<std::size_t>(c);
      layer->mean[index] = mean;
      layer->deviation[index] = deviation;
      layer->scale[index] = static_cast<float>(scale);
      layer->shift[index] = static_cast<float>(parameters[layer->at.beta + c] - mean * scale);
    }
  }

  void add(std::size_t i) {
    CpuLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const auto skip = static_cast<std::size_t>(spec.skip_tensor);
    float* const output = layer.raw.at_least(batch_ * layer.values);
    const std::int64_t row = std::int64_t{spec.bins} * spec.channels;
    const std::int64_t rows = std::int64_t{spec.frames} * spec.bins;
    for_ranges([&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t b = first; b < first + windows; ++b) {
        float* const y = output + b * layer.values;
        table_.activate(tensor(i) + b * layer.values, activation(i), rows, spec.channels, false, y);
        table_.activate(tensor(skip) + b * tensor_values(skip) + spec.skip_crop * row, activation(skip), rows,
                        spec.channels, true, y);
        if (spec.relu) table_.relu(y, layer.values);
      }
    });
  }

  // Over bins, and over frames as well where the output has one frame.
  void mean(std::size_t i, float* output) {
    const CpuLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const std::int64_t rows = std::int64_t{spec.input_frames} / spec.frames * spec.input_bins;
    const std::int64_t outputs = spec.frames;
    const float factor = 1.0F / static_cast<float>(rows);
    for_ranges([&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t o = first * outputs; o < (first + windows) * outputs; ++o) {
        float* const y = output + o * spec.channels;
        std::fill_n(y, spec.channels, 0.0F);
        for (std::int64_t r = 0; r < rows; ++r) {
          table_.activate(tensor(i) + (o * rows + r) * spec.channels, activation(i), 1, spec.channels, true,
                          y);
        }
        for (std::int64_t c = 0; c < spec.channels; ++c) y[c] *= factor;
      }
    });
  }

  // ---- Backward. Gradients are those of tensors' activations.

  void mean_back(std::size_t i, const float* output_gradient) {
    const LayerSpec& spec = layers_[i].spec;
    bool already = false;
    float* const dx = gradients_.of(i, &already);
    const std::int64_t rows = std::int64_t{spec.input_frames} / spec.frames * spec.input_bins;
    const float factor = 1.0F / static_cast<float>(rows);
    for_ranges([&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t row = first * spec.frames * rows; row < (first + windows) * spec.frames * rows;
           ++row) {
        const float* dy = output_gradient + row / rows * spec.channels;
        float* const to = dx + row * spec.channels;
        for (std::int64_t c = 0; c < spec.channels; ++c) to[c] = (already ? to[c] : 0.0F) + factor * dy[c];
      }
    });
  }

  void add_back(std::size_t i) {
    const CpuLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const auto skip = static_cast<std::size_t>(spec.skip_tensor);
    const std::int64_t skip_values = tensor_values(skip);
    const std::int64_t crop = std::int64_t{spec.skip_crop} * spec.bins * spec.channels;
    const float* dy = gradients_[i + 1];
    const float* y = spec.relu ? tensor(i + 1) : nullptr;
    bool already = false, skip_already = false;
    float* const da = gradients_.of(i, &already);
    float* const ds = gradients_.of(skip, &skip_already);
    for_ranges([&](std::int64_t, std::int64_t first, std::int64_t windows) {
      for (std::int64_t b = first; b < first + windows; ++b) {
        const std::int64_t at = b * layer.values;
        const float* const y_b = y == nullptr ? nullptr : y + at;
        table_.relu_gradient(y_b, dy + at, layer.values, already, da + at);
        float* const s = ds + b * skip_values;
        // Frames that were cropped get nothing from this layer.
        if (!skip_already) std::fill_n(s, skip_values, 0.0F);
        table_.relu_gradient(y_b, dy + at, layer.values, true, s + crop);
      }
    });
  }

  void norm_back(CpuLayer* layer, const float* dy, float* parameter_gradient) {
    const std::int64_t channels = layer->spec.channels;
    const float* raw = layer->raw.at_least(0);
    sums_.assign(static_cast<std::size_t>(ranges() * 2 * channels), 0.0);
    for_ranges([&](std::int64_t r, std::int64_t first, std::int64_t windows) {
      table_.gradient_sums(raw + first * layer->values, layer->activation(), dy + first * layer->values,
                           windows * layer->spec.frames * layer->spec.bins, layer->spec.channels,
                           sums_.data() + r * 2 * channels);
    });
    part_.gather(std::span(sums_));
    const auto count = static_cast<double>(batch_ * layer->spec.frames * layer->spec.bins);
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto index = static_cast<std::size_t>(c);
      const auto [g, g_raw] = total(c, channels);
      const double mean = layer->mean[index], deviation = layer->deviation[index],
                   scale = layer->scale[index];
      // draw = scale * (g - mean of g - xhat * mean of g * xhat) with xhat = (raw - mean) / deviation, sorted
      // by g, raw and 1.
      const double g_normal = (g_raw - mean * g) / deviation;
      parameter_gradient[layer->at.gamma + c] = static_cast<float>(g_normal);
      parameter_gradient[layer->at.beta + c] = static_cast<float>(g);
      const double b = -scale * g_normal / (deviation * count);
      layer->a[index] = static_cast<float>(scale);
      layer->b[index] = static_cast<float>(b);
      layer->c[index] = static_cast<float>(-scale * g / count - b * mean);
    }
  }

  void convolve_back(std::size_t i, float* parameter_gradient, float* weight_gradient) {
    CpuLayer& layer = layers_[i];
    const LayerSpec& spec = layer.spec;
    const bool depthwise = spec.kind == LayerKind::depthwise;
    const float* dy = gradients_[i + 1];
    norm_back(&layer, dy, parameter_gradient);
    bool already = false;
    // Nothing learns from the input's gradient.
    float* const dx = i == 0 ? nullptr : gradients_.of(i, &already);

    const std::int64_t row = depthwise ? spec.taps() : k::padded(spec.taps());
    const std::int64_t partial_floats = k::padded(spec.channels * row);
    const std::int64_t scratch_floats = k::padded(table_.scratch_floats(layer.shape, depthwise));
    float* const scratch = scratch_.at_least(ranges() * scratch_floats);
    float* const partial = partial_.at_least(ranges() * partial_floats);
    for_ranges([&](std::int64_t r, std::int64_t first, std::int64_t windows) {
      float* const mine = partial + r * partial_floats;
      std::fill_n(mine, partial_floats, 0.0F);
      k::ConvBackward call{};
      call.shape = layer.shape;
      call.windows = windows;
      call.input = tensor(i) + first * tensor_values(i);
      call.input_activation = activation(i);
      call.weights = depthwise ? layer.packed.data() : layer.rows.data();
      call.output = tensor(i + 1) + first * layer.values;
      call.output_activation = layer.activation();
      call.output_gradient = dy + first * layer.values;
      call.raw_gradient = {layer.a.data(), layer.b.data(), layer.c.data()};
      call.input_gradient = dx == nullptr ? nullptr : dx + first * tensor_values(i);
      call.add_input_gradient = already;
      call.weight_gradient = mine;
      call.scratch = scratch + r * scratch_floats;
      (depthwise ? table_.depthwise_backward : table_.conv_backward)(call);
    });
    float* const from = partial + part_.first_range(batch_) * partial_floats;
    add_up(from, part_.own_ranges(batch_), partial_floats);
    float* const result = weight_gradient + layer.at.weight;
    const std::int64_t rows = depthwise ? 1 : spec.channels;
    const std::int64_t columns = depthwise ? spec.weight_count() : spec.taps();
    const std::int64_t stride = depthwise ? spec.weight_count() : row;
    for (std::int64_t n = 0; n < rows; ++n) std::copy_n(from + n * stride, columns, result + n * columns);
  }

  const k::Table& table_ = k::table();
  std::vector<CpuLayer> layers_;  // without the head
  std::int64_t largest_values_ = 0;
  PassNumbers numbers_;
  at::Tensor input_;
  std::int64_t batch_ = 0;
  std::vector<double> sums_;
  Buffer scratch_, partial_;
  GradientPool gradients_;
  BatchDivision division_;
  BatchDivision part_;  // of the latest pass
};

namespace {

/// The body as one operation with a gradient with respect to `parameters`.
struct BodyFunction : torch::autograd::Function<BodyFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& parameters,
                            const at::Tensor& input, at::Tensor statistics,
                            const std::shared_ptr<CpuNetwork::Passes>& passes) {
    context->saved_data["passes"] = HeldState<CpuNetwork::Passes>::hold(passes);
    context->saved_data["count"] = parameters.numel();
    at::Tensor features =
        passes->forward(input, parameters.data_ptr<float>(), statistics.data_ptr<float>(), true);
    context->saved_data["pass"] = passes->numbers().latest();
    return features;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto passes = HeldState<CpuNetwork::Passes>::held(context->saved_data["passes"]);
    passes->numbers().check_latest(context->saved_data["pass"].toInt());
    return {passes->backward(gradients[0], context->saved_data["count"].toInt()), at::Tensor(), at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

CpuNetwork::CpuNetwork(const NetworkSpec& spec, const std::vector<ParameterPlace>& places)
    : passes_(std::make_shared<Passes>(spec, places)) {}

CpuNetwork::~CpuNetwork() = default;

void CpuNetwork::divide(training::ProcessGroup* group) {
  passes_->divide(BatchDivision(group));
}

at::Tensor CpuNetwork::forward(const at::Tensor& input, const at::Tensor& parameters, at::Tensor& statistics,
                               bool training) {
  if (training) {
    return BodyFunction::apply(parameters, input, statistics, passes_);
  }
  return passes_->forward(input, parameters.data_ptr<float>(), statistics.data_ptr<float>(), false);
}

}  // namespace pupil::student
