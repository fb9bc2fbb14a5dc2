// SPDX-License-Identifier: Apache-2.0
#include "corpus/licences.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "corpus/database.h"

namespace pupil::corpus {
namespace {

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
  const std::string words = words_of(text);
  if (words == " " || has_any(words, {"not stated", "unstated", "none"})) return {};
  if (has_any(words, {"sampling+", "sampling"})) return "LicenseRef-Sampling-Plus-1.0";
  if (has_any(words, {"cc0", "publicdomain zero", "creative commons 0", "zero"})) return "CC0-1.0";
  if (has_any(words, {"pdm", "public domain", "publicdomain", "publicdomain mark", "pd"})) return "PDM-1.0";
  if (has_any(words, {"by", "attribution"})) return creative_commons(words);
  if (has_any(words, {"mit"})) return "MIT";
  if (has_any(words, {"odbl"})) return "ODbL-1.0";
  if (has_any(words, {"gfdl"})) return "GFDL";
  if (has_any(words, {"apache"})) return "Apache-2.0";
  return "LicenseRef-unknown";
}

bool is_allowed(std::string_view text, std::span<const std::string> allow) {
  if (allow.empty()) return true;
  const std::string id = licence_id(text);
  return std::ranges::any_of(allow, [&](const std::string& entry) {
    if (entry == "unstated") return id.empty();
    if (entry == "unknown") return id == "LicenseRef-unknown";
    const std::string wanted = entry.starts_with("LicenseRef-") ? entry : licence_id(entry);
    return !id.empty() && id != "LicenseRef-unknown" && (wanted == id || wanted == without_version(id));
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
