// SPDX-License-Identifier: Apache-2.0
// The forward pass of the published network as operations with gradients, and the weights that a new one
// begins with.
//
// 1. Every tensor of the published network is in parameters_ or in statistics_, by its name there less
//    "ss_model.".
// 2. Maps are [B, T, F, C]. libtorch's convolutions take [B, C, T, F] with channels innermost in memory:
//    permute() makes one of the other without moving a number.
// 3. bn0 and kFirstNorm belong to how the input is represented: no batch moves their statistics.
// 4. A decoder's two inputs, the raised map and the encoder's kept one, are joined only by
//    normed_activation(), which writes a new map anyway; the shortcut multiplies each with its own part of
//    the weights.

#include "pretrain/trainable_resunet.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "nn/weight_reader.h"
#include "pretrain/normed_activation.h"
#include "separator/mask.h"
#include "separator/resunet.h"

namespace pupil::pretrain {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;
constexpr double kBatchNormMomentum = 0.05;
constexpr double kLeastTurnPower = 1e-20;
constexpr std::string_view kPrefix = "ss_model.";
// With bn0 a part of how the input is represented: set before the training, not followed in it.
constexpr std::string_view kFirstNorm = "encoder_block1.conv_block1.bn1";
// Of a new network, relative to a bin's root mean square.
constexpr double kQuietestLevel = 0.01;
constexpr double kLoudestLevel = 3;
constexpr double kLiftedScale = 0.1;
// A bin that is silent in what was heard is not amplified without bounds.
constexpr double kLeastBinPower = 1e-4;

std::string encoder_name(std::int64_t number) {
  return concat("encoder_block", number);
}
std::string decoder_name(std::int64_t number) {
  return concat("decoder_block", number);
}

bool is_statistic(std::string_view name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var");
}

void check(const TrainableSizes& sizes) {
  const std::size_t depth = sizes.encoder_channels.size();
  if (depth < 1 || sizes.pool_rows.size() != depth || sizes.pool_columns.size() != depth) {
    throw Error("a network needs channels, rows and columns of a pooling for every encoder block");
  }
  std::int64_t columns = 1;
  for (std::size_t i = 0; i < depth; ++i) {
    if (std::min({sizes.encoder_channels[i], sizes.pool_rows[i], sizes.pool_columns[i]}) < 1)
      throw Error("channels and poolings of a network must be positive");
    columns *= sizes.pool_columns[i];
  }
  if (sizes.condition_size < 1) throw Error("a network's condition must have a size");
  if (sizes.bin_count < 2 || (sizes.bin_count - 1) % columns != 0) {
    throw Error(concat(sizes.bin_count - 1, " bins cannot be pooled by ", columns));
  }
}

// Makes the tensors of a new network, in the order of the published checkpoint.
class Initializer {
 public:
  Initializer(const TrainableSizes& sizes, std::uint64_t seed)
      : sizes_(sizes), random_(at::detail::createCPUGenerator(seed)) {}

  std::map<std::string, at::Tensor> tensors() {
    const std::vector<std::int64_t>& channels = sizes_.encoder_channels;
    batch_norm("bn0", sizes_.bin_count);
    tensors_["base.pre_conv.weight"] = at::full({channels.front(), 1, 1, 1}, kLiftedScale);
    bias("base.pre_conv", channels.front());
    std::int64_t in = channels.front();
    for (std::size_t i = 0; i < channels.size(); ++i) {
      block(encoder_name(static_cast<std::int64_t>(i) + 1), "conv_block1", in, channels[i]);
      in = channels[i];
    }
    spread_levels(channels.front());
    block("conv_block7a", "conv_block1", in, in);
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const std::int64_t out = channels[channels.size() - 1 - i];
      decoder(decoder_name(static_cast<std::int64_t>(i) + 1), in, out, channels.size() - 1 - i);
      in = out;
    }
    weight("base.after_conv", {3, in, 1, 1}, in);
    tensors_["base.after_conv.weight"].mul_(0.1);
    // Half the magnitude, no turn.
    tensors_["base.after_conv.bias"] = at::tensor({0.0F, 1.0F, 0.0F});
    return std::move(tensors_);
  }

 private:
  // Magnitudes reach over 60 dB, and a network that gets them as they are sees only the loudest. The first
  // activation therefore compresses them: of a bin's magnitude v, in units of its root mean square, it gives
  // 1 - v / s, cut off at zero, for many s, and v itself.
  void spread_levels(std::int64_t channels) {
    const std::string norm = concat("base.", kFirstNorm);
    at::Tensor slopes = at::ones({channels}), levels = at::zeros({channels});
    for (std::int64_t c = 0; c + 1 < channels; ++c) {
      const double share = channels > 2 ? static_cast<double>(c) / static_cast<double>(channels - 2) : 0;
      slopes[c] = -1 / (kQuietestLevel * std::pow(kLoudestLevel / kQuietestLevel, share));
      levels[c] = 1;
    }
    tensors_[norm + ".weight"] = slopes;
    tensors_[norm + ".bias"] = levels;
    tensors_[norm + ".running_var"].fill_(kLiftedScale * kLiftedScale);
    tensors_["film.encoder_block1->conv_block1->beta1.weight"].mul_(0.1);
  }

  void decoder(const std::string& name, std::int64_t in, std::int64_t out, std::size_t mirrored) {
    weight(concat("base.", name, ".conv1"),
           {in, out, sizes_.pool_rows[mirrored], sizes_.pool_columns[mirrored]}, in);
    batch_norm(name + ".bn1", in);
    block(name, "conv_block2", 2 * out, out);
    batch_norm(name + ".bn2", in);  // the published form has it and never uses it
    film(name + "->beta1", in);
    film(name + "->beta2", in);
  }

  void block(const std::string& name, const std::string& part, std::int64_t in, std::int64_t out) {
    const std::string inner = concat(name, ".", part);
    batch_norm(inner + ".bn1", in);
    batch_norm(inner + ".bn2", out);
    weight(concat("base.", inner, ".conv1"), {out, in, 3, 3}, 9 * in);
    weight(concat("base.", inner, ".conv2"), {out, out, 3, 3}, 9 * out);
    if (in != out) {
      weight(concat("base.", inner, ".shortcut"), {out, in, 1, 1}, in);
      bias(concat("base.", inner, ".shortcut"), out);
    }
    film(concat(name, "->", part, "->beta1"), in);
    film(concat(name, "->", part, "->beta2"), out);
  }

  // A condition has length 1: its values are about 1 / sqrt(D), a shift about as large as a norm's output.
  void film(const std::string& name, std::int64_t channels) {
    tensors_[concat("film.", name, ".weight")] =
        at::randn({channels, sizes_.condition_size}, random_).mul_(0.5);
    tensors_[concat("film.", name, ".bias")] = at::zeros({channels});
  }

  void batch_norm(const std::string& name, std::int64_t channels) {
    const std::string base = concat("base.", name);
    tensors_[base + ".weight"] = at::ones({channels});
    tensors_[base + ".bias"] = at::zeros({channels});
    tensors_[base + ".running_mean"] = at::zeros({channels});
    tensors_[base + ".running_var"] = at::ones({channels});
  }

  void weight(const std::string& name, at::IntArrayRef shape, std::int64_t fan_in) {
    tensors_[name + ".weight"] = at::randn(shape, random_).mul_(1 / std::sqrt(static_cast<double>(fan_in)));
  }
  void bias(const std::string& name, std::int64_t channels) {
    tensors_[name + ".bias"] = at::zeros({channels});
  }

  const TrainableSizes& sizes_;
  at::Generator random_;
  std::map<std::string, at::Tensor> tensors_;
};

// Maps with channels innermost are what oneDNN reads as they lie; libtorch calls that another order of the
// same axes.
at::Tensor convolved(const at::Tensor& map, const at::Tensor& weight) {
  return at::conv2d(map.permute({0, 3, 1, 2}), weight.contiguous(at::MemoryFormat::ChannelsLast), {}, 1,
                    weight.size(2) / 2)
      .permute({0, 2, 3, 1});
}

// A 1x1 convolution [C', C, 1, 1].
at::Tensor recombined(const at::Tensor& map, const at::Tensor& weight, const at::Tensor& bias = {}) {
  return at::linear(map, weight.view({weight.size(0), weight.size(1)}), bias);
}

at::Tensor pooled(const at::Tensor& map, at::IntArrayRef kernel) {
  return at::avg_pool2d(map.permute({0, 3, 1, 2}), kernel).permute({0, 2, 3, 1});
}

// A transposed convolution whose stride is its kernel [C, C', rows, columns]: a 1x1 convolution, whose
// outputs are laid out as fields.
at::Tensor upsampled(const at::Tensor& map, const at::Tensor& kernel) {
  const std::int64_t in = kernel.size(0), out = kernel.size(1), rows = kernel.size(2),
                     columns = kernel.size(3);
  const at::Tensor flat = kernel.permute({2, 3, 1, 0}).reshape({rows * columns * out, in});
  return at::linear(map, flat)
      .view({map.size(0), map.size(1), map.size(2), rows, columns, out})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({map.size(0), map.size(1) * rows, map.size(2) * columns, out});
}

}  // namespace

TrainableResUNet::TrainableResUNet(const TrainableSizes& sizes, std::uint64_t seed) {
  depth_ = static_cast<std::int64_t>(sizes.encoder_channels.size());
  bin_count_ = sizes.bin_count;
  condition_size_ = sizes.condition_size;
  check(sizes);
  take(Initializer(sizes, seed).tensors());
}

void TrainableResUNet::take(const std::map<std::string, at::Tensor>& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (is_statistic(name)) {
      statistics_[name] = tensor;
    } else {
      parameters_.add(name, tensor.sizes().vec(), /*decays=*/tensor.dim() > 1);
    }
  }
  parameters_.allocate();
  const at::NoGradGuard no_gradient;
  for (const ParameterSet::Entry& entry : parameters_.entries())
    parameters_.values().narrow(0, entry.first, entry.count).copy_(tensors.at(entry.name).reshape(-1));
}

TrainableResUNet TrainableResUNet::load(const nn::TensorFile& file) {
  const std::string prefix = file.prefix_of("base.bn0.weight");
  nn::WeightReader checked(file, prefix);
  const separator::ResUNet network = separator::ResUNet::read(checked, at::kFloat, at::kCPU);
  checked.finish(separator::ResUNet::allowed_extras());

  TrainableResUNet made;
  made.bin_count_ = network.bin_count();
  made.condition_size_ = network.condition_size();
  std::map<std::string, at::Tensor> tensors;
  for (const nn::TensorEntry& entry : file.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string name = entry.name.substr(prefix.size());
    const bool of_network = (name.starts_with("base.") || name.starts_with("film.")) &&
                            !name.starts_with("base.stft.") && !name.starts_with("base.istft.") &&
                            !name.ends_with(".num_batches_tracked");
    if (of_network)
      tensors[name] = file.tensor(entry.name).to(at::kFloat).clone(at::MemoryFormat::Contiguous);
  }
  made.take(tensors);
  while (tensors.contains(concat("base.", encoder_name(made.depth_ + 1), ".conv_block1.conv1.weight")))
    ++made.depth_;
  return made;
}

void TrainableResUNet::calibrate(const at::Tensor& magnitudes) {
  const at::NoGradGuard no_gradient;
  const at::Tensor power = magnitudes.square().mean(at::IntArrayRef({0, 1}));
  statistics_.at("base.bn0.running_mean").zero_();
  statistics_.at("base.bn0.running_var").copy_(power.clamp_min(power.max().item<double>() * kLeastBinPower));
}

at::Tensor TrainableResUNet::activated(const at::Tensor& left, const at::Tensor& right,
                                       const std::string& norm, const std::string& film,
                                       const at::Tensor& conditions, bool training) const {
  const std::string base = concat("base.", norm);
  const at::Tensor shift = at::linear(conditions, parameters_[concat("film.", film, ".weight")],
                                      parameters_[concat("film.", film, ".bias")]);
  return normed_activation(left, right,
                           {parameters_[base + ".weight"], parameters_[base + ".bias"],
                            statistics_.at(base + ".running_mean"), statistics_.at(base + ".running_var")},
                           shift, kBatchNormMomentum, training && norm != kFirstNorm);
}

at::Tensor TrainableResUNet::block(const at::Tensor& left, const at::Tensor& right, const std::string& name,
                                   const std::string& film, const at::Tensor& conditions,
                                   bool training) const {
  const std::string base = concat("base.", name);
  const at::Tensor middle =
      convolved(activated(left, right, name + ".bn1", film + "->beta1", conditions, training),
                parameters_[base + ".conv1.weight"]);
  const at::Tensor out =
      convolved(activated(middle, {}, name + ".bn2", film + "->beta2", conditions, training),
                parameters_[base + ".conv2.weight"]);
  if (!parameters_.has(base + ".shortcut.weight")) return out + left;
  const at::Tensor& shortcut = parameters_[base + ".shortcut.weight"];
  const at::Tensor& bias = parameters_[base + ".shortcut.bias"];
  const std::int64_t channels = left.size(3);
  at::Tensor sum = out + recombined(left, shortcut.narrow(1, 0, channels).contiguous(), bias);
  if (right.defined()) {
    sum = sum + recombined(right, shortcut.narrow(1, channels, right.size(3)).contiguous());
  }
  return sum;
}

at::Tensor TrainableResUNet::decoded(const at::Tensor& below, const at::Tensor& kept, std::int64_t number,
                                     const at::Tensor& conditions, bool training) const {
  const std::string name = decoder_name(number);
  const at::Tensor raised =
      upsampled(activated(below, {}, name + ".bn1", name + "->beta1", conditions, training),
                parameters_[concat("base.", name, ".conv1.weight")]);
  return block(raised, kept, name + ".conv_block2", name + "->conv_block2", conditions, training);
}

// Normed bins without the highest, padded to `rows`, as a map.
at::Tensor TrainableResUNet::lifted(const at::Tensor& magnitudes, std::int64_t rows) const {
  // bn0's channels are the bins.
  const at::Tensor bins =
      at::batch_norm(magnitudes.transpose(1, 2), parameters_["base.bn0.weight"], parameters_["base.bn0.bias"],
                     statistics_.at("base.bn0.running_mean"), statistics_.at("base.bn0.running_var"),
                     /*training=*/false, kBatchNormMomentum, kBatchNormEpsilon, /*cudnn_enabled=*/false)
          .transpose(1, 2);
  const at::Tensor padded = at::constant_pad_nd(bins, {0, -1, 0, rows - magnitudes.size(1)}).contiguous();
  return recombined(padded.unsqueeze(-1), parameters_["base.pre_conv.weight"],
                    parameters_["base.pre_conv.bias"]);
}

at::Tensor TrainableResUNet::logits(const at::Tensor& magnitudes, const at::Tensor& conditions,
                                    bool training) const {
  const std::int64_t frames = magnitudes.size(1);
  // Kernels of the transposed convolutions are the poolings, in reverse.
  std::vector<std::vector<std::int64_t>> pools;
  std::int64_t row_multiple = 1;
  for (std::int64_t i = 0; i < depth_; ++i) {
    pools.push_back(
        parameters_[concat("base.", decoder_name(depth_ - i), ".conv1.weight")].sizes().slice(2).vec());
    row_multiple *= pools.back().front();
  }
  at::Tensor map = lifted(magnitudes, (frames + row_multiple - 1) / row_multiple * row_multiple);
  std::vector<at::Tensor> kept;
  for (std::int64_t i = 1; i <= depth_; ++i) {
    const std::string name = encoder_name(i);
    kept.push_back(block(map, {}, name + ".conv_block1", name + "->conv_block1", conditions, training));
    map = pooled(kept.back(), pools[static_cast<std::size_t>(i - 1)]);
  }
  map = block(map, {}, "conv_block7a.conv_block1", "conv_block7a->conv_block1", conditions, training);
  for (std::int64_t i = 1; i <= depth_; ++i) {
    map = decoded(map, kept.back(), i, conditions, training);
    kept.pop_back();
  }
  return recombined(map, parameters_["base.after_conv.weight"], parameters_["base.after_conv.bias"])
      .narrow(1, 0, frames);
}

std::vector<nn::NamedTensor> TrainableResUNet::published(const at::Tensor& values,
                                                         const std::map<std::string, at::Tensor>& statistics,
                                                         at::ScalarType dtype) const {
  std::vector<nn::NamedTensor> tensors = parameters_.named(values);
  for (const auto& [name, tensor] : statistics) tensors.push_back({name, tensor});
  for (nn::NamedTensor& entry : tensors)
    entry = {concat(kPrefix, entry.name), entry.tensor.detach().to(dtype).contiguous()};
  return tensors;
}

MixtureBatch::MixtureBatch(const separator::Stft& stft, const at::Tensor& samples)
    : sample_count_(samples.size(1)),
      window_samples_(2 * (stft.bin_count() - 1)),
      hop_samples_(stft.hop_samples()) {
  const at::NoGradGuard no_gradient;
  std::vector<at::Tensor> real, imag;
  for (std::int64_t i = 0; i < samples.size(0); ++i) {
    const separator::Spectrum spectrum = stft.forward(samples[i]);
    real.push_back(spectrum.real);
    imag.push_back(spectrum.imag);
  }
  real_ = at::stack(real);
  imag_ = at::stack(imag);
  magnitudes_ = separator::magnitude({real_, imag_});
}

at::Tensor MixtureBatch::separated(const at::Tensor& logits) const {
  const std::int64_t bins = logits.size(2);
  const at::Tensor cos = at::tanh(logits.select(3, 1));
  const at::Tensor sin = at::tanh(logits.select(3, 2));
  // Clamped below the root, whose slope at zero is infinite.
  const at::Tensor scale =
      at::sigmoid(logits.select(3, 0)) / (cos * cos + sin * sin).clamp_min(kLeastTurnPower).sqrt();
  // The mixture's own phase is its spectrum over its magnitude: the masked bin needs no division.
  const at::Tensor real = real_.narrow(2, 0, bins), imag = imag_.narrow(2, 0, bins);
  const at::Tensor wanted_real = scale * (real * cos - imag * sin);
  const at::Tensor wanted_imag = scale * (imag * cos + real * sin);
  const at::Tensor bins_all =
      at::complex(at::constant_pad_nd(wanted_real, {0, 1}), at::constant_pad_nd(wanted_imag, {0, 1}));
  return at::istft(bins_all.transpose(1, 2), window_samples_, hop_samples_, window_samples_,
                   at::hann_window(window_samples_, /*periodic=*/true), /*center=*/true,
                   /*normalized=*/false, /*onesided=*/true, sample_count_, /*return_complex=*/false);
}

}  // namespace pupil::pretrain
