// SPDX-License-Identifier: Apache-2.0
// The module has no code of its own; CMake wants a source. Its functions are those of the device library's C
// interface and the C library's malloc() and free().
#include "pupil/edge/pupil.h"
