// SPDX-License-Identifier: Apache-2.0
// What a sender agrees to: a licence, and a text.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pupil::submit {

/// The text that is shown unless another one is given.
std::string_view default_consent();

/// A text as it can be shown and kept. Error: empty, longer than 20 kB, not UTF-8.
std::string checked_consent(std::string text);

/// Licences that are offered where none are named, those that ask for least first.
std::vector<std::string> default_licences();

/// Error: none, one that is named twice, or one that is not as licence_id() (corpus/licences.h) writes it; names it and what to
/// write instead.
void check_licences(const std::vector<std::string>& licences);

/// What a licence allows, in a sentence for the sender; empty for one that has none here.
std::string_view licence_words(std::string_view licence);

}  // namespace pupil::submit
