// SPDX-License-Identifier: Apache-2.0
// What arm_dsp.cpp and arm_mve.cpp keep in the arena for a layer, apart from the weights, which stay in the file. Here
// because `pupil export --c-project` states a micro-controller's memory on another machine.

#pragma once

#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels {

/// In front of what is packed: where the weights are.
struct WeightsInFile {
  const int8_t* weights;
  int32_t unused;
};

namespace arm_dsp {
/// What turns a channel's sum into its byte.
struct Channel {
  int32_t bias;  // with the input's zero point and half of the shift's unit
  int16_t multiplier;
  uint16_t shift;
};

constexpr int64_t packed_bytes(int32_t channels) {
  return static_cast<int64_t>(sizeof(WeightsInFile)) + channels * static_cast<int64_t>(sizeof(Channel));
}
}  // namespace arm_dsp

namespace arm_mve {
/// What turns the sums of four channels into their bytes. Channels that do not exist have zeros.
struct Four {
  int32_t bias[4];   // with the input's zero point and half of the shift's unit
  int32_t shift[4];  // negative
  int32_t multiplier[4];
};

/// The same for sixteen channels of a depthwise convolution, in the order in which their sums come out.
struct Sixteen {
  int32_t bias[4][4];
  int32_t shift[4][4];       // negative
  int16_t multiplier[2][8];  // of even channels, of odd ones
};

constexpr int64_t conv_packed_bytes_of(int32_t channels) {
  return static_cast<int64_t>(sizeof(WeightsInFile)) +
         (channels + 3) / 4 * static_cast<int64_t>(sizeof(Four));
}
constexpr int64_t depthwise_packed_bytes_of(int32_t channels) {
  return static_cast<int64_t>(sizeof(WeightsInFile)) +
         (channels + 15) / 16 * static_cast<int64_t>(sizeof(Sixteen));
}
}  // namespace arm_mve

}  // namespace pupil::edge::kernels
