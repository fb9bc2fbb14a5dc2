// SPDX-License-Identifier: Apache-2.0
// Which state of the source this program was built from.

#pragma once

#include <string_view>

namespace pupil {

/// `git describe --always --dirty --tags` of the tree at build time: "7ad049a", "v0.1.0-12-g7ad049a-dirty"; without git
/// the version, "0.1.0". For records of what was run and for deciding whether a stage's result is the present
/// program's. Never into a model's files: the same inputs give the same bytes, whichever commit wrote them.
std::string_view revision();

/// "0.1.0": the release alone, which may stand in a model's files.
std::string_view version();

/// "pupil 0.1.0 (7ad049a)", for people; without git "pupil 0.1.0".
std::string_view program_name();

}  // namespace pupil
