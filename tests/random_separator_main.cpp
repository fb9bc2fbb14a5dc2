// Writes a separator of random weights with its tokenizer, for tests of the stages: random_separator FOLDER
// makes FOLDER/separator.safetensors, vocab.json and merges.txt.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "separator/random_checkpoint.h"

namespace {

// RoBERTa's alphabet of bytes without any merges.
void write_byte_tokenizer(const std::filesystem::path& folder) {
  std::ofstream vocabulary(folder / "vocab.json");
  vocabulary << R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"<mask>":4)";
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    char text[16];
    std::snprintf(text, sizeof text, "\\u%04x", printable ? byte : next++);
    vocabulary << ",\"" << text << "\":" << byte + 5;
  }
  vocabulary << "}\n";
  std::ofstream(folder / "merges.txt") << "#version: 0.2\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: random_separator FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  write_byte_tokenizer(folder);
  pupil::separator::write_random_checkpoint(folder / "separator.safetensors",
                                            {{4, 4, 4, 4, 4}, 257, 16, /*text_vocabulary=*/300});
  return 0;
}
