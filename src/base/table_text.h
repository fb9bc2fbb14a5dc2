// SPDX-License-Identifier: Apache-2.0
// Columns of the tables that commands print: cells brought to a width, which is counted in letters, not bytes.

#pragma once

#include <cstddef>
#include <string>

namespace pupil {

/// Spaces in front, for numbers; longer text stays as it is.
std::string right_aligned(const std::string& text, std::size_t width);
/// Spaces behind, for names.
std::string left_aligned(const std::string& text, std::size_t width);

}  // namespace pupil
