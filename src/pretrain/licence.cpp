// SPDX-License-Identifier: Apache-2.0
#include "pretrain/licence.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pupil::pretrain {
namespace {

// Lower case, whatever is neither letter, digit nor '+' a single space, a space at both ends: so that " nc " finds
// the word.
std::string words_of(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) || c == '+';
    if (kept)
      words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (words.back() != ' ')
      words += ' ';
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

std::string_view without_remark(std::string_view text) {
  return text.substr(0, text.find('('));
}

struct Sign {
  std::string_view words;
  std::string_view reason;
};

// clang-format off
constexpr std::array kForbidding = {
    Sign{" nc ", "non-commercial"},         Sign{" noncommercial ", "non-commercial"},
    Sign{" non commercial ", "non-commercial"}, Sign{" nd ", "no derivatives"},
    Sign{" noderivs ", "no derivatives"},   Sign{" noderivatives ", "no derivatives"},
    Sign{" no derivatives ", "no derivatives"}, Sign{" sa ", "share-alike"},
    Sign{" sharealike ", "share-alike"},    Sign{" share alike ", "share-alike"},
    Sign{" odbl ", "share-alike"},          Sign{" sampling+ ", "Sampling+"},
    Sign{" gpl ", "share-alike"},           Sign{" not ", "not stated"},
    Sign{" none ", "not stated"},           Sign{" unstated ", "not stated"},
    Sign{" unknown ", "not stated"},
    Sign{" or ", "one of several"},
};
// clang-format on

constexpr std::array<std::string_view, 7> kAllowing = {
    " cc0 ", " creative commons 0 ", " public domain ", " cc by ", " attribution ", " mit ", " pd "};

}  // namespace

std::string licence_refusal(std::string_view licence) {
  const std::string all = words_of(licence);
  if (all == " ") return "not stated";
  const std::string name = words_of(without_remark(licence));
  for (const Sign& sign : kForbidding) {
    // "CC0 (...); id not listed" is CC0: a remark may say "not" of something else.
    const bool doubt = sign.reason == "not stated" || sign.reason == "one of several";
    if ((doubt ? name : all).find(sign.words) != std::string::npos) return std::string(sign.reason);
  }
  const bool allowed = std::ranges::any_of(
      kAllowing, [&](std::string_view sign) { return name.find(sign) != std::string::npos; });
  return allowed ? "" : "not understood";
}

}  // namespace pupil::pretrain
