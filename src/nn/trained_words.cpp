// SPDX-License-Identifier: Apache-2.0
#include "nn/trained_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "base/error.h"
#include "base/read_file.h"
#include "base/stand_in.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

constexpr char kFile[] = "trained_words.txt";

// Words that say nothing of a sound.
constexpr std::array<std::string_view, 44> kEmptyWords = {
    "a",    "an",   "and", "are", "as",   "at",    "be",   "by",   "can",   "for",    "from",
    "has",  "he",   "her", "his", "i",    "in",    "is",   "it",   "its",   "near",   "no",
    "not",  "of",   "on",  "or",  "over", "she",   "some", "that", "the",   "their",  "there",
    "they", "this", "to",  "up",  "was",  "while", "with", "very", "sound", "sounds", "noise"};

bool is_empty_word(std::string_view word) {
  return std::ranges::find(kEmptyWords, word) != kEmptyWords.end();
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80) {
      words.back() += static_cast<char>(std::tolower(byte));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

TrainedWords TrainedWords::load(const std::filesystem::path& folder) {
  TrainedWords trained;
  if (!std::filesystem::exists(folder / kFile)) return trained;
  std::istringstream file(read_text(folder / kFile));
  for (std::string word; std::getline(file, word);) {
    if (trained.words_.empty()) {
      with_context((folder / kFile).string(), [&] { refuse_stand_in(word, "a list of words"); });
    }
    trained.words_.insert(word);
  }
  return trained;
}

void TrainedWords::write(std::span<const std::string> texts, const std::filesystem::path& folder) {
  std::set<std::string> words;
  for (const std::string& text : texts) {
    for (std::string& word : words_of(text)) words.insert(std::move(word));
  }
  std::string lines;
  for (const std::string& word : words) lines += word + "\n";
  write_whole(folder / kFile, lines);
}

std::string TrainedWords::unfamiliar_words(std::string_view text) const {
  if (empty()) return "";
  std::string unknown;
  std::int64_t unknown_count = 0, count = 0;
  for (const std::string& word : words_of(text)) {
    if (is_empty_word(word)) continue;
    ++count;
    if (words_.contains(word)) continue;
    unknown += concat(unknown.empty() ? "'" : ", '", word, "'");
    ++unknown_count;
  }
  if (2 * unknown_count < count || unknown_count == 0) return "";
  return concat("never trained on ", unknown, " in \"", text, "\"");
}

}  // namespace pupil::nn
