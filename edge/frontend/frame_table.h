// SPDX-License-Identifier: Apache-2.0
// Which of the front end's tables goes with a kernel set. Asked once, when a front end is placed.

#pragma once

#include "frontend/frame.h"
#include "pupil/edge/kernel_set.h"

namespace pupil::edge::frame {

/// The table for `set`; `automatic` gives the fastest. Null when this program or this machine lacks the set.
const Table* find_table(KernelSet set) noexcept;

}  // namespace pupil::edge::frame
