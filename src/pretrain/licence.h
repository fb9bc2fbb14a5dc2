// SPDX-License-Identifier: Apache-2.0
// Which recordings a model that is given away may learn from.

#pragma once

#include <string>
#include <string_view>

namespace pupil::pretrain {

/// Why a recording under `licence` may not be learned from by a model that is given away; empty when it may.
///
/// Allowed: CC0, public domain, CC BY (any version, also spelled "Attribution 3.0"), MIT. Refused: what forbids
/// commercial use or changes (NC, ND), what asks for the same licence (SA, ODbL: a model's weights cannot promise
/// it), Freesound's Sampling+, a choice ("CC0 or Pixabay": which one holds for this file is not said), and whatever
/// is not stated or not understood: doubt is a refusal. Text in parentheses is a remark ("CC0 (Freesound 276267)"),
/// but for the abbreviations above, which count wherever they stand.
std::string licence_refusal(std::string_view licence);

}  // namespace pupil::pretrain
