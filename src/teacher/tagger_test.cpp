#include "teacher/tagger.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <limits>

#include "audio/decoder.h"
#include "base/error.h"
#include "nn/tensor_file.h"
#include "teacher/efficientat_features.h"

namespace pupil::teacher {
namespace {

const std::filesystem::path kWeights = std::filesystem::path(PUPIL_SHARED_DIR) / "weights/efficientat_mn04";
const std::filesystem::path kGolden =
    std::filesystem::path(PUPIL_SHARED_DIR) / "golden/efficientat_mn04/expected.safetensors";

class TaggerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << kGolden << " is not there";
  }
};

at::Tensor wav(const std::string& name) {
  const std::vector<float> samples = audio::decode_file(kWeights / (name + ".wav"));
  return at::tensor(samples).unsqueeze(0);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

// Tolerances: golden/README.md.
TEST_F(TaggerTest, EqualsTheReference) {
  const Tagger tagger = Tagger::load(kWeights / "mn04_as_mAP_432.pt");
  const nn::TensorFile expected = nn::TensorFile::open(kGolden);
  int compared = 0;
  for (const std::string clip : {"speech", "music", "typing"}) {
    for (const auto& [suffix, samples] :
         {std::pair("", 1 << 30), {"_first1s", 32000}, {"_first2p5s", 80000}}) {
      const at::Tensor audio = wav(clip).slice(1, 0, samples);
      const std::string name = clip + suffix + "/";
      if (expected.has(name + "features")) {
        EXPECT_LE(difference(efficientat_features(audio)[0][0], expected.tensor(name + "features")), 1e-3)
            << name;
      }
      const TaggerOutput output = tagger.forward(audio);
      EXPECT_LE(difference(output.logits[0], expected.tensor(name + "logits")), 1e-3) << name;
      EXPECT_LE(difference(output.embeddings[0], expected.tensor(name + "embedding")), 1e-3) << name;
      RecordProperty(clip + suffix,
                     std::to_string(difference(output.logits[0], expected.tensor(name + "logits"))));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 9);
}

TEST_F(TaggerTest, ABatchIsItsClips) {
  const Tagger tagger = Tagger::load(kWeights / "mn04_as_mAP_432.pt");
  const at::Tensor speech = wav("speech").slice(1, 0, 48000);
  const at::Tensor music = wav("music").slice(1, 0, 48000);
  const TaggerOutput both = tagger.forward(at::cat({speech, music}));
  EXPECT_LE(difference(both.logits[0], tagger.forward(speech).logits[0]), 1e-4);
  EXPECT_LE(difference(both.logits[1], tagger.forward(music).logits[0]), 1e-4);
  EXPECT_EQ(both.logits[0].argmax().item<std::int64_t>(),
            tagger.class_positions(std::vector<std::string>{"Speech"})[0]);
}

TEST_F(TaggerTest, AnyLengthAndAnySampleIsHeard) {
  const Tagger tagger = Tagger::load(kWeights / "mn04_as_mAP_432.pt");
  at::Tensor audio = at::zeros({1, 16000});
  audio[0][5] = std::numeric_limits<float>::quiet_NaN();
  audio[0][9] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(tagger.forward(audio).logits.isfinite().all().item<bool>());
  EXPECT_TRUE(tagger.forward(at::zeros({1, 2})).logits.isfinite().all().item<bool>());
  EXPECT_THROW(tagger.forward(at::zeros({1, 1})), Error);
  EXPECT_THROW(tagger.forward(at::zeros({16000})), Error);
}

/// The checkpoint with one change, in a folder of its own.
std::string load_failure(const std::function<void(std::vector<nn::NamedTensor>&)>& change) {
  const nn::TensorFile file = nn::TensorFile::open(kWeights / "mn04_as_mAP_432.pt");
  std::vector<nn::NamedTensor> tensors;
  for (const nn::TensorEntry& entry : file.entries())
    tensors.push_back({entry.name, file.tensor(entry.name)});
  change(tensors);
  const auto path = std::filesystem::temp_directory_path() / "pupil_tagger_test.safetensors";
  nn::write_safetensors(path, tensors);
  std::string text;
  try {
    Tagger::load(path);
  } catch (const Error& error) {
    text = error.what();
  }
  std::filesystem::remove(path);
  return text;
}

at::Tensor& named(std::vector<nn::NamedTensor>& tensors, std::string_view name) {
  for (nn::NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor.tensor;
  }
  throw Error("no such tensor");
}

TEST_F(TaggerTest, TensorsThatDoNotFitAreNamed) {
  EXPECT_EQ(load_failure([](auto&) {}), "");
  EXPECT_NE(load_failure([](auto& tensors) {
              auto& weight = named(tensors, "features.5.block.3.0.weight");
              weight = weight.slice(1, 0, 40);
            }).find("'features.5.block.3.0.weight' is [16, 40, 1, 1], wanted [16, 48, 1, 1]"),
            std::string::npos);
  EXPECT_NE(load_failure([](auto& tensors) {
              tensors.push_back({"extra.weight", at::ones(3)});
            }).find("extra.weight"),
            std::string::npos);
  EXPECT_NE(load_failure([](auto& tensors) {
              std::erase_if(tensors, [](const auto& tensor) { return tensor.name == "classifier.2.bias"; });
            }).find("missing 'classifier.2.bias'"),
            std::string::npos);
  EXPECT_NE(load_failure([](auto& tensors) {
              named(tensors, "classifier.5.weight") = at::ones({50, 512});
              named(tensors, "classifier.5.bias") = at::ones({50});
            }).find("50 outputs"),
            std::string::npos);
}

}  // namespace
}  // namespace pupil::teacher
