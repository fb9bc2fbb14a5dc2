// SPDX-License-Identifier: Apache-2.0
// Licences under one name each, whatever a library calls them, and whether a project allows them.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// SPDX's identifier of a licence given as text or address: "CC BY-NC 4.0", "Attribution NonCommercial",
/// "http://creativecommons.org/licenses/by/3.0/", "by-sa" give CC-BY-NC-4.0, CC-BY-NC, CC-BY-3.0, CC-BY-SA. Where no
/// version is said there is none in the result. Public domain: "PDM-1.0" or "CC0-1.0". Empty: not stated.
/// "LicenseRef-unknown": not understood, with a condition in words of its own ("Attribution, personal use only"), or a choice
/// ("CC0 or Pixabay": which one holds for this file is not said). Text in
/// parentheses is a remark, "CC0 (Freesound 276267)"; one that restricts more than the text before it makes it unknown.
std::string licence_id(std::string_view text);

/// Why a recording under this licence may not be learned from by a model that is given away; empty when it may. Allowed:
/// CC0, public domain, CC-BY, MIT. Refused: what forbids commercial use or changes (NC, ND), what asks for the same licence
/// (SA, ODbL: a model's weights cannot promise it), Freesound's Sampling+, and whatever is not stated or not understood.
std::string refusal_to_ship(std::string_view text);

/// Whether `allow` has the licence `text` (any form). An entry without a version ("CC-BY") allows every version and no
/// other licence: not CC-BY-NC. An empty list allows everything; a list allows neither "not stated" nor "unknown"
/// unless it names "unstated" or "unknown".
bool is_allowed(std::string_view text, std::span<const std::string> allow);

/// Clips in the train and val splits whose licence `allow` does not have: their number and one of them.
struct LicenceBreach {
  std::int64_t clip_count = 0;
  std::string example;  ///< "bark/3.wav (CC-BY-NC-4.0)"
};
LicenceBreach find_licence_breach(Catalogue& catalogue, std::span<const std::string> allow);

}  // namespace pupil::corpus
