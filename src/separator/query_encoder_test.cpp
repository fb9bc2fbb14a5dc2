// The text tower behind an AudioSep prefix: the stored LAION model's tensors under `query_encoder.model.`.

#include "separator/query_encoder.h"

#include <filesystem>

#include "base/error.h"
#include "base/test_folder.h"
#include "separator/golden_test.h"
#include "separator/separator.h"

namespace pupil::separator {
namespace {

// The stored LAION checkpoint beside the tiny network's weights, in one file as AudioSep has them.
void write_joined_checkpoint(const std::filesystem::path& path) {
  std::vector<nn::NamedTensor> tensors;
  const nn::TensorFile network = nn::TensorFile::open(tiny_dir() / "weights.safetensors");
  for (const nn::TensorEntry& entry : network.entries()) {
    tensors.push_back({"ss_model." + entry.name, network.tensor(entry.name)});
  }
  const nn::TensorFile clap = nn::TensorFile::open(golden_dir() / "clap_tiny" / "laion" / "unfused.pt");
  const std::string prefix = clap.prefix_of("text_branch.embeddings.word_embeddings.weight");
  for (const nn::TensorEntry& entry : clap.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    tensors.push_back({"query_encoder.model." + entry.name.substr(prefix.size()), clap.tensor(entry.name)});
  }
  nn::write_safetensors(path, tensors);
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
  write_joined_checkpoint(folder / "joined.safetensors");
  for (const char* name : {"vocab.json", "merges.txt"}) {
    std::filesystem::copy(golden_dir() / "tokenizer" / name, folder / name);
  }
  const nn::TensorFile joined = nn::TensorFile::open(folder / "joined.safetensors");
  ASSERT_TRUE(QueryEncoder::present_in(joined));
  // The stored tower knows 2000 tokens, the tokenizer 50265.
  EXPECT_THROW(QueryEncoder{joined}, Error);
}

}  // namespace
}  // namespace pupil::separator
