// SPDX-License-Identifier: Apache-2.0
// Any bytes as the files of a tokenizer: tokenizer.json, or (where there is a NUL) vocab.json and merges.txt. An Error, or a
// tokenizer that gives ids of its vocabulary.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "input_folder.h"
#include "nn/bpe_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view first = first_file(text, &rest);
  const bool two_files = first.size() < text.size();
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"})
    std::filesystem::remove(input_folder() / name);
  put_input(two_files ? "vocab.json" : "tokenizer.json", first);
  if (two_files) put_input("merges.txt", rest);
  try {
    const auto tokenizer = pupil::nn::BpeTokenizer::load(input_folder());
    for (const std::int64_t id : tokenizer.encode("a dog's bark <mask> \xc3\xa9")) {
      if (id < 0 || id >= tokenizer.vocabulary_size()) std::abort();
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
