// SPDX-License-Identifier: Apache-2.0
// Cuts text into the words that byte-pair merges never cross, as GPT-2 does. Called by BpeTokenizer.

#pragma once

#include <string_view>
#include <vector>

namespace pupil::nn {

/// The words of `text`, in order and without gaps; views into `text`.
///
/// The rule, tried in this order at every position: an English contraction ('s 't 're 've 'm 'll 'd, lower
/// case); an optional space and letters; an optional space and numbers; an optional space and other
/// characters that are not white space; white space up to but without the last one before a word; white
/// space. Throws pupil::Error if `text` is not UTF-8.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace pupil::nn
