// SPDX-License-Identifier: Apache-2.0
// The library has no code of its own; CMake wants a source.
#include "pupil/edge/pupil.h"
