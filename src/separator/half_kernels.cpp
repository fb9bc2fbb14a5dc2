// SPDX-License-Identifier: Apache-2.0
#include "separator/half_kernels.h"

namespace pupil::separator {

#if defined(PUPIL_AVX512_FP16)

extern const HalfKernels kAvx512HalfKernels;

const HalfKernels* half_kernels() noexcept {
  static const bool available = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512fp16");
  return available ? &kAvx512HalfKernels : nullptr;
}

#else

const HalfKernels* half_kernels() noexcept {
  return nullptr;
}

#endif

}  // namespace pupil::separator
