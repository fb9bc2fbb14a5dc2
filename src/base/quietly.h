// SPDX-License-Identifier: Apache-2.0
// For destructors: what tidies up may itself want memory.

#pragma once

namespace pupil {

/// Calls `work`. What it throws is dropped: an error that is under way is the one to show, and what is left undone is tidied up
/// by the next that comes by.
template <typename Work>
void quietly(const Work& work) noexcept {
  try {
    work();
  } catch (...) {
  }
}

}  // namespace pupil
