// SPDX-License-Identifier: Apache-2.0
// SI-SDR with a gradient, for training a separator. metrics/si_sdr.h is the definition; si_sdr_loss_test
// holds the two together.

#pragma once

#include <ATen/core/Tensor.h>

namespace pupil::pretrain {

/// Mean over the rows of SI-SDR in dB, of `estimate` against `truth`, both [B, L]: a scalar. Rows with a
/// silent truth count as 0. For the gradient's sake bounded: both energies have a floor 80 dB below the
/// truth's, so that a perfect estimate has about 80 dB and a silent one 0.
at::Tensor mean_si_sdr_db(const at::Tensor& truth, const at::Tensor& estimate);

}  // namespace pupil::pretrain
