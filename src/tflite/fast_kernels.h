// SPDX-License-Identifier: Apache-2.0
// The same layers through libtorch's matrix products, tens of times as fast as the reference and equal to it.

#pragma once

#include "tflite/reference_kernels.h"

namespace pupil::tflite {

/// Threads: as many as libtorch was told to use. Any number of calls at once.
const Kernels& fast_kernels();

}  // namespace pupil::tflite
