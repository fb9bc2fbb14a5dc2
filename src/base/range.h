// SPDX-License-Identifier: Apache-2.0
// Limits of the numbers that people give: in pupil.toml and on the command line.

#pragma once

namespace pupil {

/// Limits of a number, both allowed.
struct Range {
  double low;
  double high;
};

/// Threads to use; 0: all processors.
inline constexpr Range kThreadRange{0, 1024};
/// Seeds: what 32 bits hold.
inline constexpr Range kSeedRange{0, 4294967295.0};

}  // namespace pupil
