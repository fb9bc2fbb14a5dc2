// SPDX-License-Identifier: Apache-2.0
// A kernel set that can run has the instructions of the table that goes with it.

#include "frontend/frame_table.h"

namespace pupil::edge::frame {

const Table* find_table(KernelSet set) noexcept {
  if (!kernel_set_available(set)) return nullptr;
  switch (set) {
    case KernelSet::automatic:
      return find_table(best_kernel_set());  // which never names `automatic`: this ends
#if defined(PUPIL_KERNELS_X86)
    case KernelSet::avx2:
    case KernelSet::avx_vnni: return &avx2::table();
    case KernelSet::avx512_vnni: return &avx512::table();
#endif
    default: return &four::table();
  }
}

}  // namespace pupil::edge::frame
