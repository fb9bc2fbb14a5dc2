// SPDX-License-Identifier: Apache-2.0
#define PUPIL_KERNELS_NAMESPACE avx2
#define PUPIL_KERNELS_NAME "avx2"
#define PUPIL_LANES 8
#define PUPIL_BLOCK_ROWS 4
#define PUPIL_BLOCK_VECTORS 3
#include "student/float_kernels.inc"
