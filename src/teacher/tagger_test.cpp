// SPDX-License-Identifier: Apache-2.0
#include "teacher/tagger.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <limits>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
#include "teacher/efficientat_features.h"
#include "teacher/efficientat_network.h"
#include "teacher/random_efficientat.h"

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

// ---- Other widths: random networks of the family.

TEST(TaggerWidths, AreReadFromTheTensors) {
  const auto path = std::filesystem::temp_directory_path() / "pupil_tagger_width_test.safetensors";
  for (const auto& [factor, embedding_size] : {std::pair(0.4, 384), {1.0, 960}, {2.0, 1920}}) {
    nn::write_safetensors(path, random_efficientat_tensors(factor, 1));
    const Tagger tagger = Tagger::load(path);
    EXPECT_EQ(tagger.embedding_size(), embedding_size);
    const TaggerOutput output = tagger.forward(at::randn({2, 16000}) * 0.1);
    EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 527}));
    EXPECT_EQ(output.embeddings.sizes(), (at::IntArrayRef{2, embedding_size}));
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
  }
  std::filesystem::remove(path);
}

// ---- What published() writes, and copies in training.

void expect_same_outputs(const Tagger& one, const Tagger& other) {
  const at::Tensor audio = at::randn({2, 16000}) * 0.1;
  const TaggerOutput a = one.forward(audio), b = other.forward(audio);
  EXPECT_TRUE(at::equal(a.logits, b.logits)) << difference(a.logits, b.logits);
  EXPECT_TRUE(at::equal(a.embeddings, b.embeddings)) << difference(a.embeddings, b.embeddings);
}

// A folder without a training in between: to the bit the same tagger.
TEST(TaggerFolder, GivesTheSameOutputs) {
  const TestFolder folder;
  nn::write_safetensors(folder / "random.safetensors", random_efficientat_tensors(0.4, 2));
  const Tagger tagger = Tagger::load(folder / "random.safetensors");
  std::filesystem::create_directory(folder / "copy");
  nn::write_safetensors(folder / "copy" / "model.safetensors", tagger.network().published());
  expect_same_outputs(tagger, Tagger::load(folder / "copy"));
}

TEST_F(TaggerTest, ThePublishedOneGoesThereAndBack) {
  const TestFolder folder;
  const Tagger tagger = Tagger::load(kWeights / "mn04_as_mAP_432.pt");
  nn::write_safetensors(folder / "model.safetensors", tagger.network().published());
  expect_same_outputs(tagger, Tagger::load(folder.path()));
}

Tagger smallest_tagger(std::uint64_t seed) {
  const TestFolder folder;
  nn::write_safetensors(folder / "random.safetensors", random_efficientat_tensors(0, seed));
  return Tagger::load(folder / "random.safetensors");
}

TEST(EfficientAtNetwork, ACopyTakesOtherWeightsForItself) {
  const Tagger tagger = smallest_tagger(3);
  const at::Tensor pictures = efficientat_features(at::randn({1, 16000}) * 0.1);
  EfficientAtNetwork copy = tagger.network();
  const at::Tensor before = copy.forward(pictures).logits;
  copy.visit_weights([&](const std::string& name, at::Tensor& weight) {
    if (name == "classifier.5.bias") weight = weight + 1;
  });
  EXPECT_LE(difference(copy.forward(pictures).logits, before + 1), 1e-5);
  EXPECT_TRUE(at::equal(tagger.network().forward(pictures).logits, before));
}

// Nothing in between is overwritten that a gradient needs.
TEST(EfficientAtNetwork, EveryWeightHasAGradient) {
  EfficientAtNetwork network = smallest_tagger(4).network();
  std::vector<nn::NamedTensor> leaves;
  network.visit_weights([&](const std::string& name, at::Tensor& weight) {
    weight = weight.detach().clone().requires_grad_();
    leaves.push_back({name, weight});
  });
  network.forward(efficientat_features(at::randn({1, 16000}) * 0.1)).logits.square().sum().backward();
  for (const nn::NamedTensor& leaf : leaves) {
    ASSERT_TRUE(leaf.tensor.grad().defined()) << leaf.name;
    EXPECT_GT(leaf.tensor.grad().abs().max().item<float>(), 0) << leaf.name;
  }
}

// ---- Checkpoints that do not fit.

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
