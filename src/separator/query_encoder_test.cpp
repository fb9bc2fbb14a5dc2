// SPDX-License-Identifier: Apache-2.0
// The text tower inside an AudioSep checkpoint.

#include "separator/query_encoder.h"

#include <filesystem>

#include "base/error.h"
#include "base/json.h"
#include "base/test_folder.h"
#include "separator/golden_test.h"
#include "separator/random_checkpoint.h"
#include "separator/separator.h"

namespace pupil::separator {
namespace {

// The stored text towers are CLAP's own; the separator's has the same tensors under another prefix. Of the HF
// layout (whose tokenizer is the real one) the names are LAION's but for these.
std::string laion_name(std::string name) {
  const std::pair<std::string, std::string> renamed[] = {{"text_model.", "text_branch."},
                                                         {"text_projection.linear1.", "text_projection.0."},
                                                         {"text_projection.linear2.", "text_projection.2."}};
  for (const auto& [theirs, ours] : renamed) {
    if (name.starts_with(theirs)) return ours + name.substr(theirs.size());
  }
  return name;
}

void write_text_tower(const std::filesystem::path& path) {
  std::vector<nn::NamedTensor> tensors;
  const nn::TensorFile clap =
      nn::TensorFile::open(golden_dir() / "clap_tiny" / "unfused" / "model.safetensors");
  for (const nn::TensorEntry& entry : clap.entries()) {
    if (!entry.name.starts_with("text_")) continue;
    tensors.push_back({"query_encoder.model." + laion_name(entry.name), clap.tensor(entry.name)});
  }
  nn::write_safetensors(path, tensors);
}

TEST(QueryEncoderGolden, EmbedsAsTheTextTowerAlone) {
  SKIP_WITHOUT_GOLDEN();
  const TestFolder folder;
  write_text_tower(folder / "tower.safetensors");
  for (const char* name : {"vocab.json", "merges.txt"}) {
    std::filesystem::copy(golden_dir() / "tokenizer" / name, folder / name);
  }
  const QueryEncoder encoder(nn::TensorFile::open(folder / "tower.safetensors"));
  const std::filesystem::path clap = golden_dir() / "clap_tiny" / "unfused";
  const Json meta = read_json(clap / "meta.json");
  const at::Tensor expected = nn::TensorFile::open(clap / "expected.safetensors").tensor("text_embeds");
  std::int64_t row = 0;
  for (const Json& prompt : meta.at("prompts").as_array()) {
    // The stored tower's layer norms have eps 1e-12, LAION's 1e-5.
    EXPECT_LT(distance(at::tensor(encoder.embed(prompt.as_string())), expected[row++]), 1e-4F);
  }
  EXPECT_EQ(row, expected.size(0));
}

TEST(QueryEncoderGolden, IsAbsentFromTheNetworkAlone) {
  SKIP_WITHOUT_GOLDEN();
  EXPECT_FALSE(QueryEncoder::present_in(nn::TensorFile::open(tiny_dir() / "tiny_lightning.ckpt")));
  const Separator separator(tiny_dir() / "tiny_lightning.ckpt");
  EXPECT_THROW(separator.query("a dog barking"), Error);
}

TEST(QueryEncoderGolden, RefusesATokenizerOfAnotherVocabulary) {
  SKIP_WITHOUT_GOLDEN();
  const TestFolder folder;
  write_random_checkpoint(folder / "small.safetensors", {{2, 2}, 65, 8, /*text_vocabulary=*/300});
  for (const char* name : {"vocab.json", "merges.txt"}) {
    std::filesystem::copy(golden_dir() / "tokenizer" / name, folder / name);
  }
  const Separator separator(folder / "small.safetensors");
  EXPECT_THROW(separator.query("a dog barking"), Error);
}

}  // namespace
}  // namespace pupil::separator
