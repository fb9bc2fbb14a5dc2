// SPDX-License-Identifier: Apache-2.0
// From the network's logits to the spectrum of the wanted sound. Called by Separator.

#pragma once

#include <ATen/core/Tensor.h>

#include "separator/stft.h"

namespace pupil::separator {

/// |z| of every bin, [T, F], never below 1e-5: it is divided by.
at::Tensor magnitude(const Spectrum& spectrum);

/// What multiplies a bin: its magnitude and the cosine and sine of the turn of its phase, [T, F - 1] each.
struct Mask {
  at::Tensor magnitude;  ///< 0 to 1
  at::Tensor cos;
  at::Tensor sin;
};

/// `logits` [T, F - 1, 3].
Mask mask_of(const at::Tensor& logits);

/// The masked spectrum [T, F]; the highest bin is silent. `mixture_magnitude` is magnitude(mixture).
Spectrum apply(const Mask& mask, const Spectrum& mixture, const at::Tensor& mixture_magnitude);

}  // namespace pupil::separator
