// SPDX-License-Identifier: Apache-2.0
// How many processor cores libtorch uses, and which of OpenBLAS's kernels. Both are of the whole process.

#pragma once

#include <cstdint>
#include <string>

namespace pupil::nn {

/// libtorch begins with one. 0: as many as the machine has. Call before the first network runs.
void set_thread_count(std::int32_t count);

std::int32_t thread_count();

/// The value of OPENBLAS_CORETYPE, which silently decides how fast matrices multiply; "" when it is not set.
std::string blas_core_type();

}  // namespace pupil::nn
