// SPDX-License-Identifier: Apache-2.0
// Limits of the numbers and words that people give: in pupil.toml, listen.toml and on the command line.

#pragma once

#include <initializer_list>
#include <string_view>

namespace pupil {

/// Limits of a number, both allowed.
struct Range {
  double low;
  double high;
};

/// The words that a text may be.
using Choices = std::initializer_list<std::string_view>;

/// Threads to use; 0: all processors.
inline constexpr Range kThreadRange{0, 1024};
/// Seeds: what 32 bits hold.
inline constexpr Range kSeedRange{0, 4294967295.0};

}  // namespace pupil
