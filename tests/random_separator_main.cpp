// SPDX-License-Identifier: Apache-2.0
// Writes a separator of random weights with its tokenizer, for tests of the stages: random_separator FOLDER
// makes FOLDER/separator.safetensors, vocab.json and merges.txt.

#include <cstdio>
#include <filesystem>

#include "separator/random_checkpoint.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: random_separator FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  pupil::separator::write_byte_tokenizer(folder);
  pupil::separator::write_random_checkpoint(folder / "separator.safetensors",
                                            {{4, 4, 4, 4, 4}, 257, 16, /*text_vocabulary=*/300});
  return 0;
}
