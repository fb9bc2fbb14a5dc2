// SPDX-License-Identifier: Apache-2.0
#define PUPIL_KERNELS_NAMESPACE baseline
#define PUPIL_KERNELS_NAME "baseline"
#define PUPIL_LANES 4
#define PUPIL_BLOCK_ROWS 4
#define PUPIL_BLOCK_VECTORS 2
#include "student/float_kernels.inc"
