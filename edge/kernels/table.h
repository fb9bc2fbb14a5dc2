// SPDX-License-Identifier: Apache-2.0
// Which kernels this machine can run, and the one that a network gets. Asked once, when a network is placed.

#pragma once

#include "kernels/kernels.h"
#include "pupil/edge/kernel_set.h"

namespace pupil::edge::kernels {

/// The table for `set`; `automatic` gives the fastest. Null when this program or this machine lacks it.
const Table* find_table(KernelSet set) noexcept;

}  // namespace pupil::edge::kernels
