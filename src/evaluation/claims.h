// SPDX-License-Identifier: Apache-2.0
// What the project's origin claims of the student, held against one comparison.

#pragma once

#include <string>
#include <vector>

#include "evaluation/comparison.h"

namespace pupil::evaluation {

enum class Verdict { holds, does_not_hold, not_measured };

struct Claim {
  std::string claim;    ///< as the origin has it
  std::string figures;  ///< what was measured; empty: nothing yet
  Verdict verdict = Verdict::not_measured;
  std::string why;  ///< one sentence
};

/// One for each claim that a comparison can answer, in a fixed order; of general models one for each row. "Better" holds
/// where the whole 95 % interval of the paired difference is above 0.
std::vector<Claim> claims_of(const Comparison& comparison);

}  // namespace pupil::evaluation
