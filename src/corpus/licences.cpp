// SPDX-License-Identifier: Apache-2.0
#include "corpus/licences.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "corpus/database.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kUnknown = "LicenseRef-unknown";

// Lower case; what is neither letter, digit, '.' nor '+' is one space; a space at both ends.
std::string words_of(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '.' || c == '+')
      words += static_cast<char>(std::tolower(byte));
    else if (words.back() != ' ')
      words += ' ';
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

bool has_any(const std::string& words, std::initializer_list<std::string_view> signs) {
  return std::ranges::any_of(
      signs, [&](std::string_view sign) { return words.find(concat(" ", sign, " ")) != std::string::npos; });
}

bool is_restricted(const std::string& words) {
  return has_any(
      words, {"nc", "noncommercial", "non commercial", "nd", "noderivs", "noderivatives", "no derivatives",
              "no derivs", "sa", "sharealike", "share alike", "odbl", "gpl", "sampling", "sampling+"});
}

// "by" alone says nothing: a recording is by somebody.
bool is_attribution(const std::string& words) {
  if (has_any(words, {"attribution", "cc by", "creativecommons.org licenses by"})) return true;
  if (!words.starts_with(" by ")) return false;
  std::string rest = words.substr(1);
  while (!rest.empty()) {
    const std::string word = rest.substr(0, rest.find(' '));
    const bool part = word == "by" || word == "nc" || word == "nd" || word == "sa" ||
                      std::isdigit(static_cast<unsigned char>(word[0]));
    if (!part) return false;
    rest.erase(0, word.size() + 1);
  }
  return true;
}

// " 4.0" where there is one; Creative Commons' versions are 1.0 to 4.0.
std::string version_of(const std::string& words) {
  for (const std::string_view version : {"4.0", "3.0", "2.5", "2.1", "2.0", "1.0"}) {
    if (has_any(words, {version})) return concat("-", version);
  }
  return {};
}

std::string creative_commons(const std::string& words) {
  std::string id = "CC-BY";
  if (has_any(words, {"nc", "noncommercial", "non commercial"})) id += "-NC";
  if (has_any(words, {"nd", "noderivs", "noderivatives", "no derivatives", "no derivs"}))
    return id + "-ND" + version_of(words);
  if (has_any(words, {"sa", "sharealike", "share alike"})) id += "-SA";
  return id + version_of(words);
}

std::string_view without_version(std::string_view id) {
  const std::size_t dash = id.rfind('-');
  const bool versioned = dash != std::string_view::npos && dash + 1 < id.size() &&
                         std::isdigit(static_cast<unsigned char>(id[dash + 1]));
  return versioned ? id.substr(0, dash) : id;
}

}  // namespace

std::string licence_id(std::string_view text) {
  const std::string words = words_of(text.substr(0, text.find('(')));
  const bool remark_restricts = is_restricted(words_of(text)) && !is_restricted(words);
  if (has_any(words, {"not", "unstated", "none"}) || words_of(text) == " ") return {};
  if (remark_restricts || has_any(words, {"or"})) return std::string(kUnknown);
  if (has_any(words, {"sampling+", "sampling"})) return "LicenseRef-Sampling-Plus-1.0";
  if (has_any(words, {"cc0", "publicdomain zero", "creative commons 0", "zero"})) return "CC0-1.0";
  if (has_any(words, {"pdm", "public domain", "publicdomain", "publicdomain mark", "pd"})) return "PDM-1.0";
  if (is_attribution(words)) return creative_commons(words);
  if (has_any(words, {"mit"})) return "MIT";
  if (has_any(words, {"odbl"})) return "ODbL-1.0";
  if (has_any(words, {"gfdl"})) return "GFDL";
  if (has_any(words, {"apache"})) return "Apache-2.0";
  return std::string(kUnknown);
}

std::string refusal_to_ship(std::string_view text) {
  const std::string id = licence_id(text);
  if (id.empty()) return "not stated";
  if (id.find("-NC") != std::string::npos) return "non-commercial";
  if (id.find("-ND") != std::string::npos) return "no derivatives";
  if (id.find("-SA") != std::string::npos || id == "ODbL-1.0" || id == "GFDL") return "share-alike";
  if (id.starts_with("LicenseRef-Sampling")) return "Sampling+";
  const bool allowed = id == "CC0-1.0" || id == "PDM-1.0" || id == "MIT" || id.starts_with("CC-BY");
  return allowed ? "" : "not understood";
}

bool is_allowed(std::string_view text, std::span<const std::string> allow) {
  if (allow.empty()) return true;
  const std::string id = licence_id(text);
  return std::ranges::any_of(allow, [&](const std::string& entry) {
    if (entry == "unstated") return id.empty();
    if (entry == "unknown") return id == kUnknown;
    const std::string wanted = entry.starts_with("LicenseRef-") ? entry : licence_id(entry);
    return !id.empty() && id != kUnknown && (wanted == id || wanted == without_version(id));
  });
}

LicenceBreach find_licence_breach(Catalogue& catalogue, std::span<const std::string> allow) {
  LicenceBreach breach;
  if (allow.empty()) return breach;
  auto query = catalogue.database().query(
      "SELECT l.name, count(*), min(c.path) FROM clips c JOIN recordings r ON r.id = c.recording_id"
      " JOIN licences l ON l.id = c.licence_id WHERE r.split < 2 GROUP BY l.id ORDER BY l.name");
  while (query.step()) {
    if (is_allowed(query.text(0), allow)) continue;
    breach.clip_count += query.integer(1);
    if (breach.example.empty())
      breach.example = concat(query.text(2), " (", query.text(0).empty() ? "not stated" : query.text(0), ")");
  }
  return breach;
}

}  // namespace pupil::corpus
