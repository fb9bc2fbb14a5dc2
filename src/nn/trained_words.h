// SPDX-License-Identifier: Apache-2.0
// Which words a text tower has met: a small one knows few, and gives an embedding to any text none the less.

#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::nn {

/// The words of a text: letters and digits, lower case; what else there is divides words.
std::vector<std::string> words_of(std::string_view text);

/// Read from trained_words.txt beside a model's weights, one word a line; most models come without and are trusted.
class TrainedWords {
 public:
  /// Empty when `folder` has no such file.
  static TrainedWords load(const std::filesystem::path& folder);
  /// Writes the words of `texts` for load(). Error: cannot write.
  static void write(std::span<const std::string> texts, const std::filesystem::path& folder);

  bool empty() const { return words_.empty(); }

  /// Why an embedding of `text` is not to be trusted: at least half of the words that carry its meaning were never
  /// trained on. Names them: "never trained on 'tax', 'law' in "tax law"". Empty: nothing to say.
  std::string unfamiliar_words(std::string_view text) const;

 private:
  std::set<std::string, std::less<>> words_;
};

}  // namespace pupil::nn
