// SPDX-License-Identifier: Apache-2.0
// --condition FILE:KEY[:ROW]: a ready condition from a safetensors file.

#pragma once

#include <string>
#include <vector>

namespace pupil::cli {

/// The vector [D] that `text` names. KEY may hold colons itself; a tensor [D] or [1, D] is taken whole, of
/// [N, D] row ROW, or row 0 where none is given. UsageError: no KEY. Error: no such file, tensor or row, or
/// another shape.
std::vector<float> read_condition(const std::string& text);

}  // namespace pupil::cli
