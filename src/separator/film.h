// SPDX-License-Identifier: Apache-2.0
// FiLM: how a query steers the network. Every batch norm of a block gets a shift per channel that is a linear
// function of the query's embedding (this network adds only; it does not scale).

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "nn/weight_reader.h"

namespace pupil::separator {

/// One linear map, condition [D] to shifts [C].
struct Film {
  at::Tensor weight;  ///< [C, D]
  at::Tensor bias;    ///< [C]

  at::Tensor shift(const at::Tensor& condition) const;
};

/// Takes "film.<name>.weight" [channel_count, condition_size] and its bias.
Film read_film(nn::WeightReader& weights, const std::string& name, std::int64_t channel_count,
               std::int64_t condition_size);

}  // namespace pupil::separator
