// SPDX-License-Identifier: Apache-2.0
// Any bytes as a prompt: an Error, or ids of the vocabulary; and words that put together give the prompt again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "nn/bpe_tokenizer.h"
#include "nn/pre_tokenizer.h"

namespace {

const pupil::nn::BpeTokenizer& tokenizer() {
  static const pupil::nn::BpeTokenizer small(
      pupil::nn::BpeTables{.vocabulary = {{"<s>", 0},
                                          {"<pad>", 1},
                                          {"</s>", 2},
                                          {"<unk>", 3},
                                          {"a", 4},
                                          {"b", 5},
                                          {"ab", 6},
                                          {"\u0120a", 7},
                                          {"<mask>", 8},
                                          {"\u0120", 9}},
                           .merges = {{"a", "b"}, {"\u0120", "a"}},
                           .specials = {{"<s>"}, {"</s>"}, {"<pad>"}, {"<unk>"}, {"<mask>", true}}});
  return small;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    std::string joined;
    for (const std::string_view word : pupil::nn::split_words(text)) {
      if (word.empty()) std::abort();
      joined += word;
    }
    if (joined != text) std::abort();
    for (const std::int64_t id : tokenizer().encode(text)) {
      if (id < 0 || id >= tokenizer().vocabulary_size()) std::abort();
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
