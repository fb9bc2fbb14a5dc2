// SPDX-License-Identifier: Apache-2.0
// The ResUNet of AudioSep: magnitudes in, three logits per bin out. An encoder halves the map block by block, a decoder
// doubles it again beside the encoder's kept maps.
//
// A full map of a published network is hundreds of megabytes, so blocks are run in strips of rows:
// 1. A strip is a multiple of the rows that its block pools (encoder) or makes at once (decoder), so that strips meet
//    without overlap in the output. What they overlap in the input is the block's own affair (ConvBlock::rows()).
// 2. Only encode()'s `full` and `pooled` and decode()'s output exist whole; everything between is one strip.
// 3. Strips do not change numbers: every row of an output sees the same rows of input in the same order.
//
// Rows are frames, columns are frequency bins without the highest; the frame count is padded to a multiple of all row
// pools (normalised()) and cut off again at the end of logits(). Maps are [rows, columns, channels].

#include "separator/resunet.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/text.h"
#include "separator/half_kernels.h"
#include "separator/half_map.h"

namespace pupil::separator {
namespace {

constexpr std::int64_t kLogitCount = 3;
constexpr std::int64_t kMaxDepth = 12;
constexpr std::string_view kExtras[] = {
    "*.num_batches_tracked",        "base.stft.*",    "base.istft.*", "base.decoder_block*.bn2.*",
    "film.decoder_block*->beta2.*", "query_encoder.*"};

std::string encoder_name(std::int64_t number) {
  return concat("encoder_block", number);
}
std::string decoder_name(std::int64_t number) {
  return concat("decoder_block", number);
}

void observe(const LayerObserver& observer, std::string_view layer, std::int64_t first_row,
             const at::Tensor& map) {
  if (observer) observer(layer, first_row, map);
}

}  // namespace

std::span<const std::string_view> ResUNet::allowed_extras() {
  return kExtras;
}

bool ResUNet::half_fits(const nn::TensorFile& file) {
  if (half_kernels() == nullptr) return false;
  // Every convolution but the first and the last, whose single channel and three logits are dealt with.
  return std::all_of(file.entries().begin(), file.entries().end(), [](const nn::TensorEntry& entry) {
    const bool is_block = entry.name.find("coder_block") != std::string::npos ||
                          entry.name.find("conv_block7a") != std::string::npos;
    return !is_block || entry.shape.size() != 4 ||
           (entry.shape[0] % kHalfBlock == 0 && entry.shape[1] % kHalfBlock == 0);
  });
}

ResUNet ResUNet::read(nn::WeightReader& weights, at::ScalarType dtype, const at::Device& device) {
  ResUNet net;
  net.dtype_ = dtype;
  net.device_ = device;
  net.bin_count_ = weights.size("base.bn0.weight", 0);
  net.condition_size_ = weights.size("film.encoder_block1->conv_block1->beta1.weight", 1);
  net.bin_norm_ = read_batch_norm(weights, "base.bn0", net.bin_count_);
  const std::int64_t channels = weights.size("base.pre_conv.weight", 0);
  net.pre_conv_ = weights.take("base.pre_conv.weight", {channels, 1, 1, 1}).reshape({channels});
  net.pre_conv_bias_ = weights.take("base.pre_conv.bias", {channels});
  net.read_blocks(weights);
  net.read_after_conv(weights);
  net.check(weights);
  net.to(device);
  return net;
}

void ResUNet::read_blocks(nn::WeightReader& weights) {
  for (std::int64_t i = 1;
       i <= kMaxDepth && weights.has(concat("base.", encoder_name(i), ".conv_block1.conv1.weight")); ++i) {
    const std::string name = encoder_name(i);
    encoders_.push_back({ConvBlock::read(weights, concat("base.", name, ".conv_block1"),
                                         name + "->conv_block1", condition_size_, dtype_)});
  }
  bottom_ = ConvBlock::read(weights, "base.conv_block7a.conv_block1", "conv_block7a->conv_block1",
                            condition_size_, dtype_);
  const auto depth = static_cast<std::int64_t>(encoders_.size());
  for (std::int64_t i = 1; i <= depth; ++i) {
    decoders_.push_back(read_decoder(weights, i));
    Encoder& mirrored = encoders_[static_cast<std::size_t>(depth - i)];
    mirrored.pool_rows = decoders_.back().rows;
    mirrored.pool_columns = decoders_.back().columns;
    row_multiple_ *= mirrored.pool_rows;
  }
}

ResUNet::Decoder ResUNet::read_decoder(nn::WeightReader& weights, std::int64_t number) const {
  const std::string name = decoder_name(number);
  const std::string base = concat("base.", name);
  const std::vector<std::int64_t> shape = weights.shape(base + ".conv1.weight");
  Decoder decoder;
  if (shape.size() != 4) return decoder;
  decoder.input_channels = shape[0];
  decoder.upsampled_channels = shape[1];
  decoder.rows = shape[2];
  decoder.columns = shape[3];
  const at::Tensor kernel = weights.take(base + ".conv1.weight", shape);
  decoder.upsampling = lay_out_weights(
      kernel.permute({2, 3, 1, 0}).reshape({shape[2] * shape[3] * shape[1], shape[0], 1, 1}), dtype_);
  decoder.norm = read_batch_norm(weights, base + ".bn1", shape[0]);
  decoder.film = read_film(weights, name + "->beta1", shape[0], condition_size_);
  decoder.block =
      ConvBlock::read(weights, base + ".conv_block2", name + "->conv_block2", condition_size_, dtype_);
  return decoder;
}

void ResUNet::read_after_conv(nn::WeightReader& weights) {
  const std::int64_t channels = decoders_.empty() ? 0 : decoders_.back().block.output_channels();
  after_conv_ =
      lay_out_weights(weights.take("base.after_conv.weight", {kLogitCount, channels, 1, 1}), dtype_);
  after_conv_bias_ = weights.take("base.after_conv.bias", {kLogitCount});
  if (dtype_ == at::kHalf) {
    after_conv_bias_ = at::constant_pad_nd(after_conv_bias_, {0, kHalfBlock - kLogitCount});
  } else {
    after_conv_bias_ = after_conv_bias_.to(dtype_);
  }
}

// The parts must fit one another, not only each itself.
void ResUNet::check(nn::WeightReader& weights) const {
  if (encoders_.empty()) return;  // noted as missing by what was taken
  std::int64_t channels = pre_conv_.size(0);
  std::int64_t columns = bin_count_ - 1;
  const auto expect = [&](const std::string& name, std::int64_t found, std::int64_t wanted) {
    if (found != wanted) weights.note(concat(name, " takes ", found, " channels, but gets ", wanted));
  };
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    const Encoder& encoder = encoders_[i];
    expect(encoder_name(static_cast<std::int64_t>(i) + 1), encoder.block.input_channels(), channels);
    channels = encoder.block.output_channels();
    if (encoder.pool_columns < 1 || columns % std::max<std::int64_t>(1, encoder.pool_columns) != 0) {
      weights.note(concat(columns, " bins cannot be pooled by ", encoder.pool_columns));
      return;
    }
    columns /= encoder.pool_columns;
  }
  expect("conv_block7a", bottom_.input_channels(), channels);
  channels = bottom_.output_channels();
  for (std::size_t i = 0; i < decoders_.size(); ++i) {
    const Decoder& decoder = decoders_[i];
    const std::string name = decoder_name(static_cast<std::int64_t>(i) + 1);
    if (!decoder.upsampling.defined()) return;
    expect(name, decoder.input_channels, channels);
    const std::int64_t kept = encoders_[encoders_.size() - 1 - i].block.output_channels();
    expect(name + ".conv_block2", decoder.block.input_channels(), decoder.upsampled_channels + kept);
    channels = decoder.block.output_channels();
  }
}

void ResUNet::to(const at::Device& device) {
  for (at::Tensor* tensor :
       {&bin_norm_.scale, &bin_norm_.shift, &pre_conv_, &pre_conv_bias_, &after_conv_, &after_conv_bias_}) {
    *tensor = tensor->to(device);
  }
  bottom_.to(device);
  for (Encoder& encoder : encoders_) encoder.block.to(device);
  for (Decoder& decoder : decoders_) {
    decoder.block.to(device);
    if (!decoder.upsampling.defined()) continue;
    for (at::Tensor* tensor : {&decoder.norm.scale, &decoder.norm.shift, &decoder.film.weight,
                               &decoder.film.bias, &decoder.upsampling}) {
      *tensor = tensor->to(device);
    }
  }
}

ResUNet::Conditioning ResUNet::steer(const at::Tensor& condition) const {
  const at::Tensor on_device = condition.to(device_);
  Conditioning conditioning;
  for (const Encoder& encoder : encoders_) conditioning.encoders.push_back(encoder.block.steer(on_device));
  conditioning.bottom = bottom_.steer(on_device);
  for (const Decoder& decoder : decoders_) {
    conditioning.decoders.push_back({{decoder.norm.scale, decoder.norm.shift + decoder.film.shift(on_device)},
                                     decoder.block.steer(on_device)});
  }
  return conditioning;
}

std::int64_t ResUNet::strip_rows(const ConvBlock& block, std::int64_t columns, std::int64_t multiple) const {
  const std::int64_t channels = std::max(block.input_channels(), block.output_channels());
  const std::int64_t rows = std::max<std::int64_t>(8, strip_values / (columns * channels));
  return (rows + multiple - 1) / multiple * multiple;
}

at::Tensor ResUNet::normalised(const at::Tensor& magnitude) const {
  const std::int64_t frames = magnitude.size(0);
  const at::Tensor bins = magnitude.to(device_) * bin_norm_.scale + bin_norm_.shift;
  const std::int64_t padded = (frames + row_multiple_ - 1) / row_multiple_ * row_multiple_;
  return at::constant_pad_nd(bins, {0, -1, 0, padded - frames});  // without the highest bin
}

at::Tensor ResUNet::empty_map(std::int64_t rows, std::int64_t columns, std::int64_t channels) const {
  return at::empty({rows, columns, channels}, at::TensorOptions().dtype(dtype_).device(device_));
}

at::Tensor ResUNet::lifted(const at::Tensor& bins) const {
  if (dtype_ == at::kHalf) return lift_half(bins, pre_conv_, pre_conv_bias_);
  return at::addcmul(pre_conv_bias_, bins.unsqueeze(-1), pre_conv_).to(dtype_);
}

at::Tensor ResUNet::pooled(const Encoder& encoder, const at::Tensor& strip) const {
  const auto pool = dtype_ == at::kHalf ? average_pool_half : average_pool;
  return pool(strip, encoder.pool_rows, encoder.pool_columns);
}

at::Tensor ResUNet::upsampled(const Decoder& decoder, const Affine& norm, const at::Tensor& below) const {
  const std::span<const at::Tensor> part(&below, 1);
  if (dtype_ == at::kHalf) {
    return upsample_half(activate_half(part, norm, 0, 0, /*zero_columns=*/0), decoder.upsampling, {},
                         decoder.upsampled_channels, decoder.rows, decoder.columns);
  }
  return upsample(activate(part, norm, 0, 0), decoder.upsampling, decoder.upsampled_channels, decoder.rows,
                  decoder.columns);
}

at::Tensor ResUNet::strip_logits(const at::Tensor& strip) const {
  if (dtype_ != at::kHalf) return convolve(strip, after_conv_, after_conv_bias_);
  return upsample_half(strip, after_conv_, after_conv_bias_, kHalfBlock, 1, 1).narrow(2, 0, kLogitCount);
}

ResUNet::Encoded ResUNet::encode(const Encoder& encoder, const ConvBlock::Conditioning& conditioning,
                                 const BlockInput& input, std::int64_t rows, std::int64_t columns) const {
  const std::int64_t channels = encoder.block.output_channels();
  const std::int64_t pool_rows = encoder.pool_rows;
  Encoded encoded{empty_map(rows, columns, channels),
                  empty_map(rows / pool_rows, columns / encoder.pool_columns, channels)};
  const std::int64_t step = strip_rows(encoder.block, columns, pool_rows);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t count = std::min(step, rows - first);
    const at::Tensor strip = encoder.block.rows(conditioning, input, rows, first, count);
    encoded.full.narrow(0, first, count).copy_(strip);
    encoded.pooled.narrow(0, first / pool_rows, count / pool_rows).copy_(pooled(encoder, strip));
  }
  return encoded;
}

void ResUNet::decode(const Decoder& decoder, const Conditioning::Decoder& conditioning,
                     const at::Tensor& below, const at::Tensor& kept,
                     const std::function<void(std::int64_t first_row, const at::Tensor& strip)>& take) const {
  const BlockInput input = [&](std::int64_t first, std::int64_t count) -> std::vector<at::Tensor> {
    const std::int64_t begin = first / decoder.rows;
    const std::int64_t end = (first + count + decoder.rows - 1) / decoder.rows;
    const at::Tensor up =
        upsampled(decoder, conditioning.before_upsampling, below.narrow(0, begin, end - begin));
    return {up.narrow(0, first - begin * decoder.rows, count), kept.narrow(0, first, count)};
  };
  const std::int64_t rows = kept.size(0);
  const std::int64_t step = strip_rows(decoder.block, kept.size(1), decoder.rows);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t count = std::min(step, rows - first);
    take(first, decoder.block.rows(conditioning.block, input, rows, first, count));
  }
}

at::Tensor ResUNet::logits(const at::Tensor& magnitude, const Conditioning& conditioning,
                           const LayerObserver& observer) const {
  const at::Tensor bins = normalised(magnitude);
  observe(observer, "after_bn0", 0, bins);

  at::Tensor map;
  std::vector<at::Tensor> kept;
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    const BlockInput input = [&](std::int64_t first, std::int64_t count) -> std::vector<at::Tensor> {
      return {i == 0 ? lifted(bins.narrow(0, first, count)) : map.narrow(0, first, count)};
    };
    const at::Tensor& source = i == 0 ? bins : map;
    const Encoded encoded =
        encode(encoders_[i], conditioning.encoders[i], input, source.size(0), source.size(1));
    const std::string name = encoder_name(static_cast<std::int64_t>(i) + 1);
    observe(observer, name + "_full", 0, encoded.full);
    observe(observer, name + "_pool", 0, encoded.pooled);
    kept.push_back(encoded.full);
    map = encoded.pooled;
  }

  const BlockInput bottom_input = [&](std::int64_t first, std::int64_t count) -> std::vector<at::Tensor> {
    return {map.narrow(0, first, count)};
  };
  map = bottom_.rows(conditioning.bottom, bottom_input, map.size(0), 0, map.size(0));
  observe(observer, "conv_block7a", 0, map);

  at::Tensor logits = at::empty({bins.size(0), bins.size(1), kLogitCount}, bins.options());
  for (std::size_t i = 0; i < decoders_.size(); ++i) {
    const bool is_last = i + 1 == decoders_.size();
    const at::Tensor& side = kept.back();
    const at::Tensor out =
        is_last ? at::Tensor() : empty_map(side.size(0), side.size(1), decoders_[i].block.output_channels());
    const std::string name = decoder_name(static_cast<std::int64_t>(i) + 1);
    decode(decoders_[i], conditioning.decoders[i], map, side,
           [&](std::int64_t first, const at::Tensor& strip) {
             observe(observer, name, first, strip);
             const at::Tensor target = is_last ? logits : out;
             target.narrow(0, first, strip.size(0)).copy_(is_last ? strip_logits(strip) : strip);
           });
    kept.pop_back();
    map = out;
  }
  logits = logits.narrow(0, 0, magnitude.size(0));
  observe(observer, "after_conv", 0, logits);
  return logits;
}

}  // namespace pupil::separator
