// SPDX-License-Identifier: Apache-2.0
#include "separator/film.h"

#include <ATen/ATen.h>

namespace pupil::separator {

at::Tensor Film::shift(const at::Tensor& condition) const {
  return at::mv(weight, condition) + bias;
}

Film read_film(nn::WeightReader& weights, const std::string& name, std::int64_t channel_count,
               std::int64_t condition_size) {
  return {weights.take("film." + name + ".weight", {channel_count, condition_size}),
          weights.take("film." + name + ".bias", {channel_count})};
}

}  // namespace pupil::separator
