// SPDX-License-Identifier: Apache-2.0
// The network of AudioSep: a residual U-net on a magnitude spectrogram whose blocks are steered by a query's
// embedding. It says, per bin, how loud the wanted sound is in the mixture and how far its phase is turned.
//
//     encoder blocks 1..N   halve the map (the last one along F only) and keep what they saw
//     conv_block7a          at the bottom
//     decoder blocks 1..N   double it again and lay beside it what the encoder kept
//     after_conv            three logits per bin
//
// Channel counts, N, the poolings and the condition's size are those of the checkpoint.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "nn/weight_reader.h"
#include "separator/conv_block.h"

namespace pupil::separator {

/// Sees what the layers give, for tests against other implementations: "after_bn0" [T, F],
/// "encoder_block1_full", "encoder_block1_pool", "conv_block7a", "decoder_block1", ..., "after_conv"
/// ([T, F, C]). Maps may come in pieces along T; `first_row` is where a piece belongs.
using LayerObserver =
    std::function<void(std::string_view layer, std::int64_t first_row, const at::Tensor& map)>;

/// Immutable once read: any number of threads may run it.
class ResUNet {
 public:
  /// Names are those of the checkpoint's `ss_model`: "base.encoder_block1...", "film.encoder_block1->...".
  /// What does not fit is noted in `weights`; call weights.finish(allowed_extras()) before the network is
  /// used. `dtype` is that of maps and convolutions: kFloat, kBFloat16, or kHalf where half_fits().
  static ResUNet read(nn::WeightReader& weights, at::ScalarType dtype, const at::Device& device);

  /// Whether the network can run in 16-bit IEEE floats: half_kernels() are there, and its channel counts suit
  /// them.
  static bool half_fits(const nn::TensorFile& file);

  /// Tensors of a checkpoint that the computation does not need: DFT matrices, counters, unused norms.
  static std::span<const std::string_view> allowed_extras();

  std::int64_t condition_size() const { return condition_size_; }
  /// Bins of the spectrograms it takes, F = window / 2 + 1.
  std::int64_t bin_count() const { return bin_count_; }

  /// The network turned to one query. Made once, used for any number of spectrograms.
  struct Conditioning {
    std::vector<ConvBlock::Conditioning> encoders;
    ConvBlock::Conditioning bottom;
    struct Decoder {
      Affine before_upsampling;
      ConvBlock::Conditioning block;
    };
    std::vector<Decoder> decoders;
  };

  /// `condition` [D], float32.
  Conditioning steer(const at::Tensor& condition) const;

  /// Logits [T, F - 1, 3] float32 (loudness, cosine and sine of the turn) for a magnitude spectrogram [T, F].
  /// The highest bin has none: it comes out silent.
  at::Tensor logits(const at::Tensor& magnitude, const Conditioning& conditioning,
                    const LayerObserver& observer = {}) const;

  /// Activations of a strip, at most about so many values per map: what fits the second-level cache. Another
  /// size gives the same result to rounding.
  std::int64_t strip_values = std::int64_t{1} << 20;

 private:
  struct Encoder {
    ConvBlock block;
    std::int64_t pool_rows = 2;
    std::int64_t pool_columns = 2;
  };
  struct Decoder {
    Affine norm;
    Film film;
    at::Tensor upsampling;  // see upsample()
    std::int64_t input_channels = 0;
    std::int64_t upsampled_channels = 0;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    ConvBlock block;
  };
  // What an encoder block passes on and what it keeps for its decoder.
  struct Encoded {
    at::Tensor full;
    at::Tensor pooled;
  };

  void read_blocks(nn::WeightReader& weights);
  Decoder read_decoder(nn::WeightReader& weights, std::int64_t number) const;
  void read_after_conv(nn::WeightReader& weights);
  void check(nn::WeightReader& weights) const;
  void to(const at::Device& device);

  std::int64_t strip_rows(const ConvBlock& block, std::int64_t columns, std::int64_t multiple) const;
  at::Tensor empty_map(std::int64_t rows, std::int64_t columns, std::int64_t channels) const;
  at::Tensor normalised(const at::Tensor& magnitude) const;
  at::Tensor lifted(const at::Tensor& bins) const;
  at::Tensor pooled(const Encoder& encoder, const at::Tensor& strip) const;
  at::Tensor upsampled(const Decoder& decoder, const Affine& norm, const at::Tensor& below) const;
  at::Tensor strip_logits(const at::Tensor& strip) const;
  Encoded encode(const Encoder& encoder, const ConvBlock::Conditioning& conditioning, const BlockInput& input,
                 std::int64_t rows, std::int64_t columns) const;
  // Calls `take` with the strips of a decoder's output, from the first row on.
  void decode(const Decoder& decoder, const Conditioning::Decoder& conditioning, const at::Tensor& below,
              const at::Tensor& kept,
              const std::function<void(std::int64_t first_row, const at::Tensor& strip)>& take) const;

  std::int64_t condition_size_ = 0;
  std::int64_t bin_count_ = 0;
  std::int64_t row_multiple_ = 1;
  at::ScalarType dtype_ = at::kFloat;
  at::Device device_ = at::kCPU;
  Affine bin_norm_;  // [F]
  at::Tensor pre_conv_;
  at::Tensor pre_conv_bias_;
  std::vector<Encoder> encoders_;
  ConvBlock bottom_;
  std::vector<Decoder> decoders_;
  at::Tensor after_conv_;
  at::Tensor after_conv_bias_;
};

}  // namespace pupil::separator
