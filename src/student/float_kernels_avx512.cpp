// SPDX-License-Identifier: Apache-2.0
#define PUPIL_KERNELS_NAMESPACE avx512
#define PUPIL_KERNELS_NAME "avx512"
#define PUPIL_LANES 16
#define PUPIL_BLOCK_ROWS 8
#define PUPIL_BLOCK_VECTORS 3
#include "student/float_kernels.inc"
