// SPDX-License-Identifier: Apache-2.0
// The format bounds multipliers (edge::kMaxRescale): the larger a weight or an input's scale, the coarser the
// output's scale must be. choose_range() weighs that against rounding and cutting off.
//
// 1. Ranges are chosen in the order of layers, because each needs its inputs' scales. Tensor i is the input
//    of layer i: ranges and histograms count tensors, energies count layers.
// 2. measure_ranges() takes all batches twice, first for the extremes, then for histograms between them.
// 3. An output with ReLU has the zero point -128: no level is spent on values below 0.
// 4. quantise_weights() cuts off silently what its range does not allow. It must: weights grow during
//    training while ranges stay.
// 5. A depthwise layer's weights are [kT, kF, C] and all others' [C, taps]; weight_index() alone knows.

#include "student/quantisation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pupil::student {
namespace {

constexpr std::int64_t kHistogramBins = 2048;
// A channel of zeros needs a scale to divide by, too.
constexpr double kSmallestScale = 1e-8;

/// Calls visit(i, tensor i) with the folded float network's activations, [B, C, T, F].
void walk(const NetworkSpec& spec, const at::Tensor& folded, const std::vector<FoldedPlace>& places,
          const at::Tensor& input, const std::function<void(std::size_t, const at::Tensor&)>& visit) {
  std::vector<at::Tensor> tensors = {input.unsqueeze(1)};
  visit(0, tensors[0]);
  for (std::size_t i = 0; i + 1 < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    at::Tensor y = tensors.back();
    if (layer.convolves()) {
      const bool depthwise = layer.kind == LayerKind::depthwise;
      const at::Tensor flat = folded.narrow(0, places[i].weight, layer.weight_count());
      const at::Tensor weight =
          depthwise ? flat.view({layer.kernel.t, layer.kernel.f, layer.channels, 1}).permute({2, 3, 0, 1})
                    : flat.view({layer.channels, layer.kernel.t, layer.kernel.f, layer.input_channels})
                          .permute({0, 3, 1, 2});
      y = at::conv2d(y, weight.contiguous(), folded.narrow(0, places[i].bias, layer.channels),
                     at::IntArrayRef({layer.kernel.stride_t, layer.kernel.stride_f}),
                     at::IntArrayRef({0, layer.pad_f()}), at::IntArrayRef({1, 1}),
                     depthwise ? layer.channels : 1);
    } else if (layer.kind == LayerKind::add) {
      y = y + tensors[static_cast<std::size_t>(layer.skip_tensor)].narrow(2, layer.skip_crop, layer.frames);
    } else {
      y = y.mean(layer.kind == LayerKind::mean_f ? at::IntArrayRef({3}) : at::IntArrayRef({2, 3}), true);
    }
    if (layer.relu) y = at::relu(y);
    tensors.push_back(y);
    visit(i + 1, y);
  }
}

/// One thread while it lives: sums of libtorch's own operations depend on the number, and ranges must not.
class OneThread {
 public:
  OneThread() { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const int before_ = at::get_num_threads();
};

struct Histogram {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::vector<double> counts = std::vector<double>(kHistogramBins, 0.0);

  double centre(std::size_t bin) const {
    return low + (high - low) * (static_cast<double>(bin) + 0.5) / static_cast<double>(kHistogramBins);
  }
};

// Squared error of rounding to steps of (high - low) / 255 and cutting off beyond.
double error_of(const Histogram& histogram, double low, double high) {
  const double step = (high - low) / 255.0;
  double error = 0;
  for (std::size_t b = 0; b < histogram.counts.size(); ++b) {
    if (histogram.counts[b] == 0) continue;
    const double x = histogram.centre(b);
    const double beyond = x < low ? low - x : x > high ? x - high : 0.0;
    error += histogram.counts[b] * (step * step / 12.0 + beyond * beyond);
  }
  return error;
}

// Of all ranges up to the whole one, or up to that of `widest_scale` where it is wider, the one with the least squared
// error: its own and what `other_error` says of its scale.
TensorRange choose_range(const Histogram& histogram, bool relu, double widest_scale,
                         const std::function<double(double scale)>& other_error) {
  const double low = relu ? 0.0 : std::min(histogram.low, 0.0);
  const double high = std::max(histogram.high, 1e-6);
  const double widest = std::max(1.0, widest_scale * 255.0 / (high - low));
  double best = std::numeric_limits<double>::infinity(), best_share = widest;
  for (double share = widest; share > 0.1; share *= 0.97) {
    const double error =
        error_of(histogram, low * share, high * share) + other_error((high - low) * share / 255.0);
    if (error < best) {
      best = error;
      best_share = share;
    }
  }
  TensorRange range;
  range.scale = static_cast<float>(std::max((high - low) * best_share / 255.0, kSmallestScale));
  range.zero_point =
      relu ? -128 : static_cast<std::int32_t>(std::lround(-128.0 - low * best_share / range.scale));
  range.zero_point = std::clamp(range.zero_point, -128, 127);
  return range;
}

/// Index of weight k of channel c, for the two orders.
std::int64_t weight_index(const LayerSpec& layer, std::int64_t c, std::int64_t k) {
  const std::int64_t taps = layer.weight_count() / layer.channels;
  return layer.kind == LayerKind::depthwise ? k * layer.channels + c : c * taps + k;
}

float largest_weight(const LayerSpec& layer, const float* weights, std::int64_t channel) {
  const std::int64_t taps = layer.weight_count() / layer.channels;
  float largest = 0;
  for (std::int64_t k = 0; k < taps; ++k)
    largest = std::max(largest, std::abs(weights[weight_index(layer, channel, k)]));
  return largest;
}

constexpr double kRoom = 1.05;  // above the smallest scale whose multipliers the format can hold

// The smallest output scale of an addition or a mean (docs/format.md, "Rounding").
double least_scale(const NetworkSpec& spec, std::size_t index, const std::vector<TensorRange>& ranges) {
  const LayerSpec& layer = spec.layers[index];
  const double in = ranges[index].scale;
  if (layer.kind == LayerKind::add) {
    return kRoom *
           std::max(in, static_cast<double>(ranges[static_cast<std::size_t>(layer.skip_tensor)].scale)) / 2.0;
  }
  const double count = static_cast<double>(layer.input_frames) / layer.frames * layer.input_bins;
  return kRoom * in / count;
}

// The smallest output scale that leaves each channel of a convolution its weights: [C]. Below it quantise_weights() cuts
// them off.
std::vector<double> uncut_scales(const LayerSpec& layer, const float* weights, const TensorRange& in) {
  std::vector<double> scales;
  for (std::int64_t c = 0; c < layer.channels; ++c)
    scales.push_back(kRoom * in.scale * largest_weight(layer, weights, c) / 127.0 / edge::kMaxRescale);
  return scales;
}

// Squared error of channels whose weights are cut off at `scale`, as if all of a channel's weights shrank with the largest.
double cut_error(const std::vector<double>& uncut, const std::vector<double>& energies, double scale) {
  double error = 0;
  for (std::size_t c = 0; c < uncut.size(); ++c) {
    const double lost = std::max(0.0, 1.0 - scale / uncut[c]);
    error += lost * lost * energies[c];
  }
  return error;
}

// Adds what each channel of `y` [B, C, T, F] varies around what its bias alone gives: squares, [C].
void add_energies(const LayerSpec& layer, const float* bias, const at::Tensor& y,
                  std::vector<double>* energies) {
  at::Tensor still = at::from_blob(const_cast<float*>(bias), {1, layer.channels, 1, 1});
  if (layer.relu) still = at::relu(still);
  const at::Tensor sums = (y - still).square().sum(at::IntArrayRef({0, 2, 3})).contiguous();
  energies->resize(static_cast<std::size_t>(layer.channels));
  for (std::size_t c = 0; c < energies->size(); ++c) (*energies)[c] += sums.data_ptr<float>()[c];
}

void quantise_weights(const LayerSpec& layer, const float* weights, const float* bias, const TensorRange& in,
                      const TensorRange& out, edge::LayerDraft* draft) {
  const std::int64_t taps = layer.weight_count() / layer.channels;
  draft->weights.resize(static_cast<std::size_t>(layer.weight_count()));
  for (std::int64_t c = 0; c < layer.channels; ++c) {
    double scale = std::max(largest_weight(layer, weights, c) / 127.0, kSmallestScale);
    const bool head = layer.kind == LayerKind::head;
    // What the multiplier cannot express is cut off: choose_range() has weighed that, and weights may grow while training.
    if (!head) scale = std::min(scale, 0.999 * edge::kMaxRescale * out.scale / in.scale);
    for (std::int64_t k = 0; k < taps; ++k) {
      const std::int64_t at = weight_index(layer, c, k);
      draft->weights[static_cast<std::size_t>(at)] =
          static_cast<std::int8_t>(std::clamp(std::lround(weights[at] / scale), -127L, 127L));
    }
    constexpr double kLargestBias = 8388607.0;  // 2^23: sums stay exact in float32
    const double unit = static_cast<double>(in.scale) * scale;
    draft->bias.push_back(
        static_cast<std::int32_t>(std::lround(std::clamp(bias[c] / unit, -kLargestBias, kLargestBias))));
    if (head) {
      draft->logit_scales.push_back(static_cast<float>(unit));
      continue;
    }
    const edge::Rescale rescale = edge::rescale_for(unit / out.scale);
    draft->multipliers.push_back(rescale.multiplier);
    draft->shifts.push_back(rescale.shift);
  }
}

}  // namespace

std::vector<FoldedPlace> folded_places(const NetworkSpec& spec) {
  std::vector<FoldedPlace> places;
  std::int64_t end = 0;
  for (const LayerSpec& layer : spec.layers) {
    FoldedPlace place;
    if (layer.weight_count() > 0) {
      place.weight = end;
      place.bias = end + layer.weight_count();
      end = place.bias + layer.channels;
    }
    places.push_back(place);
  }
  return places;
}

std::int64_t folded_count(const NetworkSpec& spec) {
  std::int64_t count = 0;
  for (const LayerSpec& layer : spec.layers)
    count += layer.weight_count() + (layer.weight_count() > 0 ? layer.channels : 0);
  return count;
}

at::Tensor fold(MelCnn& net) {
  const NetworkSpec& spec = net.spec();
  const std::vector<FoldedPlace> places = folded_places(spec);
  at::Tensor folded = at::zeros({folded_count(spec)});
  const at::Tensor parameters = net.parameters().detach().cpu(), statistics = net.statistics().cpu();
  const float* p = parameters.data_ptr<float>();
  const float* s = statistics.data_ptr<float>();
  auto* out = folded.data_ptr<float>();
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    const ParameterPlace& from = net.places()[i];
    if (layer.weight_count() == 0) continue;
    const std::int64_t taps = layer.weight_count() / layer.channels;
    for (std::int64_t c = 0; c < layer.channels; ++c) {
      double factor = 1, mean = 0;
      if (layer.convolves()) {
        factor = p[from.gamma + c] / std::sqrt(s[from.variance + c] + kNormEpsilon);
        mean = s[from.mean + c];
      }
      for (std::int64_t k = 0; k < taps; ++k) {
        const std::int64_t at = weight_index(layer, c, k);
        out[places[i].weight + at] = static_cast<float>(p[from.weight + at] * factor);
      }
      out[places[i].bias + c] = static_cast<float>(p[from.beta + c] - mean * factor);
    }
  }
  return folded;
}

std::vector<TensorRange> measure_ranges(const NetworkSpec& spec, const at::Tensor& folded,
                                        std::int64_t batch_count,
                                        const std::function<at::Tensor(std::int64_t)>& next_batch) {
  const at::NoGradGuard no_gradient;
  const OneThread one_thread;
  const std::vector<FoldedPlace> places = folded_places(spec);
  const float* const values = folded.data_ptr<float>();
  std::vector<Histogram> histograms(spec.layers.size());
  std::vector<std::vector<double>> energies(spec.layers.size());  // of the convolutions' channels
  for (std::int64_t b = 0; b < batch_count; ++b) {
    walk(spec, folded, places, next_batch(b), [&](std::size_t i, const at::Tensor& y) {
      histograms[i].low = std::min(histograms[i].low, y.min().item<double>());
      histograms[i].high = std::max(histograms[i].high, y.max().item<double>());
    });
  }
  for (std::int64_t b = 0; b < batch_count; ++b) {
    walk(spec, folded, places, next_batch(b), [&](std::size_t i, const at::Tensor& y) {
      Histogram& histogram = histograms[i];
      if (i > 0 && spec.layers[i - 1].convolves())
        add_energies(spec.layers[i - 1], values + places[i - 1].bias, y, &energies[i - 1]);
      if (histogram.high <= histogram.low) return;
      const at::Tensor counts = at::histc(y, kHistogramBins, histogram.low, histogram.high).contiguous();
      for (std::int64_t n = 0; n < kHistogramBins; ++n) {
        histogram.counts[static_cast<std::size_t>(n)] += counts.data_ptr<float>()[n];
      }
    });
  }
  std::vector<TensorRange> ranges = {choose_range(histograms[0], false, 0.0, [](double) { return 0.0; })};
  for (std::size_t i = 0; i + 1 < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    const bool positive =
        layer.relu || (!layer.convolves() && layer.kind != LayerKind::add && histograms[i + 1].low >= 0);
    // A convolution may cut a channel's weights off where that costs less than coarser levels for all: the norm of a
    // channel that is nearly silent asks for enormous weights. Other layers have no such way out.
    if (layer.convolves()) {
      const std::vector<double> uncut = uncut_scales(layer, values + places[i].weight, ranges[i]);
      ranges.push_back(choose_range(histograms[i + 1], positive,
                                    *std::max_element(uncut.begin(), uncut.end()),
                                    [&](double scale) { return cut_error(uncut, energies[i], scale); }));
    } else {
      const double least = least_scale(spec, i, ranges);
      ranges.push_back(choose_range(histograms[i + 1], positive, least, [&](double scale) {
        return scale < least * (1 - 1e-6) ? std::numeric_limits<double>::infinity() : 0.0;
      }));
    }
  }
  return ranges;
}

at::Tensor ranges_tensor(const std::vector<TensorRange>& ranges) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(2 * ranges.size())});
  auto* out = tensor.data_ptr<float>();
  for (const TensorRange& range : ranges) {
    *out++ = range.scale;
    *out++ = static_cast<float>(range.zero_point);
  }
  return tensor;
}

std::vector<TensorRange> ranges_from(const at::Tensor& tensor) {
  std::vector<TensorRange> ranges;
  const at::Tensor flat = tensor.contiguous();
  for (std::int64_t i = 0; i + 1 < flat.numel(); i += 2) {
    ranges.push_back({flat.data_ptr<float>()[i], static_cast<std::int32_t>(flat.data_ptr<float>()[i + 1])});
  }
  return ranges;
}

edge::LayerDraft quantise_layer(const NetworkSpec& spec, std::size_t index, const float* folded,
                                const std::vector<FoldedPlace>& places,
                                const std::vector<TensorRange>& ranges) {
  const LayerSpec& layer = spec.layers[index];
  const TensorRange& in = ranges[index];
  edge::LayerDraft draft;
  draft.kind = layer.kind;
  draft.channels = layer.channels;
  if (layer.kind == LayerKind::head) {
    quantise_weights(layer, folded + places[index].weight, folded + places[index].bias, in, {}, &draft);
    return draft;
  }
  const TensorRange& out = ranges[index + 1];
  draft.scale = out.scale;
  draft.zero_point = out.zero_point;
  draft.clamp_min = layer.relu ? out.zero_point : -128;
  if (layer.convolves()) {
    draft.kernel = layer.kernel;
    quantise_weights(layer, folded + places[index].weight, folded + places[index].bias, in, out, &draft);
  } else if (layer.kind == LayerKind::add) {
    const TensorRange& skip = ranges[static_cast<std::size_t>(layer.skip_tensor)];
    draft.skip_tensor = layer.skip_tensor;
    draft.multiplier = edge::add_multiplier_for(static_cast<double>(in.scale) / out.scale);
    draft.skip_multiplier = edge::add_multiplier_for(static_cast<double>(skip.scale) / out.scale);
  } else {
    const double count = static_cast<double>(layer.input_frames) / layer.frames * layer.input_bins;
    const edge::Rescale rescale = edge::rescale_for(in.scale / (out.scale * count) / 64.0);
    draft.multiplier = rescale.multiplier;
    draft.shift = rescale.shift;
  }
  return draft;
}

}  // namespace pupil::student
