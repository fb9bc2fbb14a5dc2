// SPDX-License-Identifier: Apache-2.0
#include "corpus/licences.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "corpus/database.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kUnknown = "LicenseRef-unknown";

// Lower case; what is neither letter, digit, '.' nor '+' is one space, as is a full stop behind a word; a space at both ends.
std::string words_of(std::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '.' || c == '+') {
      words += static_cast<char>(std::tolower(byte));
      continue;
    }
    while (words.back() == '.') words.pop_back();
    if (words.back() != ' ') words += ' ';
  }
  while (words.back() == '.') words.pop_back();
  if (words.back() != ' ') words += ' ';
  return words;
}

bool has_any(const std::string& words, std::initializer_list<std::string_view> signs) {
  return std::ranges::any_of(
      signs, [&](std::string_view sign) { return words.find(concat(" ", sign, " ")) != std::string::npos; });
}

bool forbids_trade(const std::string& words) {
  return has_any(words, {"nc", "noncommercial", "non commercial", "no commercial"});
}

// "No Derivative Works" is what versions up to 3.0 call themselves.
bool forbids_changes(const std::string& words) {
  return has_any(words, {"nd", "noderivs", "noderivatives", "noderivativeworks", "no derivatives",
                         "no derivative", "no derivs"});
}

bool asks_for_the_same(const std::string& words) {
  return has_any(words, {"sa", "sharealike", "share alike"});
}

bool is_restricted(const std::string& words) {
  return forbids_trade(words) || forbids_changes(words) || asks_for_the_same(words) ||
         has_any(words, {"odbl", "gpl", "sampling", "sampling+"});
}

// Conditions in somebody's own words, and Creative Commons' in French, whose "Attribution" is the English one.
bool has_own_conditions(const std::string& words) {
  return has_any(words,
                 {"all rights reserved", "personal", "educational", "education", "research", "nonprofit",
                  "non profit", "only", "except", "permission", "prohibited", "forbidden",
                  "pas d utilisation commerciale", "pas de modification", "partage", "nicht", "keine"});
}

bool is_not_stated(const std::string& words) {
  return has_any(words,
                 {"unstated", "none", "not stated", "not listed", "not specified", "not given", "not known"});
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
  if (forbids_trade(words)) id += "-NC";
  if (forbids_changes(words)) return id + "-ND" + version_of(words);
  if (asks_for_the_same(words)) id += "-SA";
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
  const std::string words = words_of(text.substr(0, text.find('('))), all = words_of(text);
  const bool remark_restricts = is_restricted(all) && !is_restricted(words);
  if (all == " " || is_not_stated(words)) return {};
  if (remark_restricts || has_own_conditions(all) || has_any(words, {"or", "not"}))
    return std::string(kUnknown);
  if (has_any(words, {"sampling+", "sampling"}))
    return forbids_trade(words) ? std::string(kUnknown) : "LicenseRef-Sampling-Plus-1.0";
  const bool zero =
      has_any(words, {"cc0", "publicdomain zero", "creative commons 0", "cc zero", "commons zero"});
  const bool public_domain =
      has_any(words, {"pdm", "public domain", "publicdomain"}) || words.starts_with(" pd ");
  // Two licences side by side, of which one asks for more: which one holds for this file is not said.
  if ((zero || public_domain) && is_restricted(words)) return std::string(kUnknown);
  if (zero) return "CC0-1.0";
  if (public_domain) return "PDM-1.0";
  if (is_attribution(words)) return creative_commons(words);
  // "mit" is a word of German; an Apache is a helicopter.
  if (words == " mit " || has_any(words, {"mit license", "mit licence", "licenses mit"})) return "MIT";
  if (has_any(words, {"odbl"})) return "ODbL-1.0";
  if (has_any(words, {"gfdl"})) return "GFDL";
  if (words == " apache " || has_any(words, {"apache 2.0", "apache license", "apache licence"}))
    return "Apache-2.0";
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
