// SPDX-License-Identifier: Apache-2.0
// The residual block that the network is made of:
//
//     x -> batch norm + shift -> leaky relu -> 3x3 convolution -> batch norm + shift -> leaky relu
//       -> 3x3 convolution -> + x (through a 1x1 convolution where the channel count changes)
//
// The second batch norm is folded into the first convolution; the shifts come from the condition (film.h).
// Blocks run a strip of rows at a time, so that what lies between the convolutions stays in the cache:
// a strip needs two more input rows on either side than it gives out.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "nn/weight_reader.h"
#include "separator/activation_map.h"
#include "separator/film.h"

namespace pupil::separator {

/// Takes "<name>.weight", ".bias", ".running_mean", ".running_var" of `channel_count` each.
Affine read_batch_norm(nn::WeightReader& weights, const std::string& name, std::int64_t channel_count);

/// Gives the rows [first_row, first_row + row_count) of a block's input, as maps that lie side by side along
/// C.
using BlockInput = std::function<std::vector<at::Tensor>(std::int64_t first_row, std::int64_t row_count)>;

/// One residual block. Immutable once read.
class ConvBlock {
 public:
  /// What depends on the condition.
  struct Conditioning {
    Affine before_conv1;
    at::Tensor conv1_bias;
  };

  /// `name` stands before the weights ("base.encoder_block1.conv_block1"), `film_name` before the shifts
  /// ("encoder_block1->conv_block1"). Channel counts are those of the weights. Maps and convolutions are of
  /// `dtype`; at::kHalf goes through half_map.h and has its conditions.
  static ConvBlock read(nn::WeightReader& weights, const std::string& name, const std::string& film_name,
                        std::int64_t condition_size, at::ScalarType dtype);

  std::int64_t input_channels() const { return input_channels_; }
  std::int64_t output_channels() const { return output_channels_; }

  /// `condition` [D], float32.
  Conditioning steer(const at::Tensor& condition) const;

  /// Rows [first_row, first_row + row_count) of the block's output, [row_count, F, C]. `input` is asked for
  /// up to two more on either side, within [0, input_rows).
  at::Tensor rows(const Conditioning& conditioning, const BlockInput& input, std::int64_t input_rows,
                  std::int64_t first_row, std::int64_t row_count) const;

  void to(const at::Device& device);

 private:
  at::Tensor shortcut(std::span<const at::Tensor> parts, std::int64_t first_row,
                      std::int64_t row_count) const;

  at::ScalarType dtype_ = at::kFloat;
  std::int64_t input_channels_ = 0;
  std::int64_t output_channels_ = 0;
  Affine norm1_;
  at::Tensor conv1_;  // [C', C, 3, 3], times the second norm's scale; of at::kHalf packed, as those below
  at::Tensor norm2_shift_;  // [C'], conv1's bias before conditioning
  at::Tensor conv2_;        // [C', C', 3, 3]
  at::Tensor shortcut_;     // [C', C, 1, 1]; undefined where C = C'
  at::Tensor shortcut_bias_;
  Film film1_;
  Film film2_;
};

}  // namespace pupil::separator
