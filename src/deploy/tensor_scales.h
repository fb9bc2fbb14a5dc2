// SPDX-License-Identifier: Apache-2.0
// Real-valued scales for the integer network, as formats without fixed-point multipliers ask for them.

#pragma once

#include <vector>

#include "deploy/quantised_network.h"

namespace pupil::deploy {

/// One scale per tensor, value = (q - zero point) * scale: tensor 0 is the input, tensor i + 1 the output of
/// layer i. The integers are the truth, a scale only a unit for them; so they are chosen to agree with every
/// multiplier: an add's two inputs and its output, a mean's input and output stand in the ratios that the
/// device computes, and what is free keeps the layer's own `scale`. The head's output is the logits: scale 1.
/// The input's scale is a power of two, so that multiplying frames by it rounds nothing.
/// Error: adds whose multipliers contradict each other by more than their rounding.
std::vector<double> tensor_scales(const QuantisedNetwork& network);

/// Scale of the weights of output channel c, for each c of a conv, depthwise or head.
std::vector<double> weight_scales(const edge::LayerDraft& layer, double input_scale, double output_scale);

}  // namespace pupil::deploy
