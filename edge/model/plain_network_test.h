// SPDX-License-Identifier: Apache-2.0
// A network run in the simplest way: whole tensors, straight from docs/format.md and the image, sharing
// nothing with the engine but the rounding. The engine with its steps, buffers and crops must give the same
// results.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "model/model_writer.h"

namespace pupil::edge {

struct PlainTensor {
  std::int32_t frames = 0;
  std::int32_t bins = 0;
  std::int32_t channels = 0;
  std::int32_t zero_point = 0;
  std::vector<std::int32_t> values;  // [frames, bins, channels]

  PlainTensor(std::int32_t t, std::int32_t f, std::int32_t c, std::int32_t zero)
      : frames(t),
        bins(f),
        channels(c),
        zero_point(zero),
        values(static_cast<std::size_t>(t) * static_cast<std::size_t>(f) * static_cast<std::size_t>(c)) {}

  std::int32_t& at(std::int32_t t, std::int32_t f, std::int32_t c) {
    return values[static_cast<std::size_t>((t * bins + f) * channels + c)];
  }
  // Outside the mel axis every value is the zero point.
  std::int32_t centred(std::int32_t t, std::int32_t f, std::int32_t c) const {
    if (f < 0 || f >= bins) return 0;
    return values[static_cast<std::size_t>((t * bins + f) * channels + c)] - zero_point;
  }
};

class PlainNetwork {
 public:
  explicit PlainNetwork(const ModelImage& image) : image_(image) {}

  /// Logits [K] of one window.
  std::vector<float> run(const std::vector<float>& frames) {
    tensors_.clear();
    tensors_.push_back(quantised(frames));
    for (const LayerDraft& layer : image_.layers) {
      if (layer.kind == LayerKind::head) return head(layer);
      tensors_.push_back(output_of(layer));
    }
    return {};
  }

  /// Tensor 0 is the input, i + 1 the output of layer i.
  const std::vector<PlainTensor>& tensors() const { return tensors_; }

 private:
  PlainTensor quantised(const std::vector<float>& frames) const {
    const std::int32_t bins = image_.front_end.mel_count;
    PlainTensor input(image_.window_frames, bins, 1, image_.input_zero_point);
    for (std::int32_t t = 0; t < input.frames; ++t) {
      for (std::int32_t f = 0; f < bins; ++f) {
        const auto bin = static_cast<std::size_t>(f);
        const float scaled = frames[static_cast<std::size_t>(t * bins + f)] * image_.input_gain[bin];
        const float value = scaled + image_.input_shift[bin];
        const float bounded = std::isnan(value) ? -128.0F : std::fmin(std::fmax(value, -128.0F), 127.0F);
        input.at(t, f, 0) = static_cast<std::int32_t>(std::floor(bounded + 128.5F)) - 128;
      }
    }
    return input;
  }

  static kernels::OutputRange range(const LayerDraft& layer) {
    return {layer.zero_point, layer.clamp_min, layer.clamp_max};
  }

  PlainTensor output_of(const LayerDraft& layer) const {
    switch (layer.kind) {
      case LayerKind::add: return add(layer);
      case LayerKind::mean_f: return mean(layer, false);
      case LayerKind::mean_tf: return mean(layer, true);
      default: return slide(layer);
    }
  }

  PlainTensor slide(const LayerDraft& layer) const {
    const PlainTensor& in = tensors_.back();
    const KernelShape& kernel = layer.kernel;
    PlainTensor out((in.frames - kernel.t) / kernel.stride_t + 1,
                    (in.bins + kernel.stride_f - 1) / kernel.stride_f, layer.channels, layer.zero_point);
    for (std::int32_t t = 0; t < out.frames; ++t) {
      for (std::int32_t f = 0; f < out.bins; ++f) {
        for (std::int32_t c = 0; c < out.channels; ++c) {
          const auto channel = static_cast<std::size_t>(c);
          const std::int32_t sum =
              layer.bias[channel] + taps(layer, in, t * kernel.stride_t, f * kernel.stride_f, c);
          out.at(t, f, c) = kernels::reference::requantise(sum, layer.multipliers[channel],
                                                           layer.shifts[channel], range(layer));
        }
      }
    }
    return out;
  }

  static std::int32_t taps(const LayerDraft& layer, const PlainTensor& in, std::int32_t t, std::int32_t f,
                           std::int32_t c) {
    std::int32_t sum = 0;
    for (std::int32_t i = 0; i < layer.kernel.t; ++i) {
      for (std::int32_t j = 0; j < layer.kernel.f; ++j) {
        const std::int32_t column = f + j - (layer.kernel.f - 1) / 2;
        const std::int32_t tap = i * layer.kernel.f + j;
        if (layer.kind == LayerKind::depthwise) {
          sum += in.centred(t + i, column, c) *
                 layer.weights[static_cast<std::size_t>(tap * layer.channels + c)];
          continue;
        }
        const std::int32_t first = (c * layer.kernel.t * layer.kernel.f + tap) * in.channels;
        for (std::int32_t k = 0; k < in.channels; ++k) {
          sum += in.centred(t + i, column, k) * layer.weights[static_cast<std::size_t>(first + k)];
        }
      }
    }
    return sum;
  }

  PlainTensor add(const LayerDraft& layer) const {
    const PlainTensor& main = tensors_.back();
    const PlainTensor& skip = tensors_[static_cast<std::size_t>(layer.skip_tensor)];
    const std::int32_t crop = (skip.frames - main.frames) / 2;
    PlainTensor out(main.frames, main.bins, main.channels, layer.zero_point);
    for (std::int32_t t = 0; t < out.frames; ++t) {
      for (std::int32_t f = 0; f < out.bins; ++f) {
        for (std::int32_t c = 0; c < out.channels; ++c) {
          const std::int32_t a = (main.centred(t, f, c) * 128 * layer.multiplier + 16384) >> 15;
          const std::int32_t b = (skip.centred(t + crop, f, c) * 128 * layer.skip_multiplier + 16384) >> 15;
          const std::int32_t y = layer.zero_point + ((a + b + 32) >> 6);
          out.at(t, f, c) = std::min(std::max(y, layer.clamp_min), layer.clamp_max);
        }
      }
    }
    return out;
  }

  PlainTensor mean(const LayerDraft& layer, bool over_time) const {
    const PlainTensor& in = tensors_.back();
    PlainTensor out(over_time ? 1 : in.frames, 1, in.channels, layer.zero_point);
    std::vector<std::int32_t> sums(out.values.size());
    for (std::int32_t t = 0; t < in.frames; ++t) {
      for (std::int32_t f = 0; f < in.bins; ++f) {
        for (std::int32_t c = 0; c < in.channels; ++c) {
          sums[static_cast<std::size_t>((over_time ? 0 : t) * in.channels + c)] += in.centred(t, f, c);
        }
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      out.values[i] =
          kernels::reference::requantise(sums[i] * 64, layer.multiplier, layer.shift, range(layer));
    }
    return out;
  }

  std::vector<float> head(const LayerDraft& layer) const {
    const PlainTensor& in = tensors_.back();
    std::vector<float> logits;
    for (std::int32_t k = 0; k < layer.channels; ++k) {
      std::int32_t sum = layer.bias[static_cast<std::size_t>(k)];
      for (std::int32_t c = 0; c < in.channels; ++c) {
        sum += in.centred(0, 0, c) * layer.weights[static_cast<std::size_t>(k * in.channels + c)];
      }
      logits.push_back(static_cast<float>(sum) * layer.logit_scales[static_cast<std::size_t>(k)]);
    }
    return logits;
  }

  ModelImage image_;
  std::vector<PlainTensor> tensors_;
};

}  // namespace pupil::edge
