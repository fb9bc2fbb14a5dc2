// SPDX-License-Identifier: Apache-2.0
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

// ---- Other widths: random networks of the family, made here.

struct MobileBlock {
  int in, kernel, expanded, out;
  bool squeezes;
};

constexpr MobileBlock kMobileNetV3[] = {
    {16, 3, 16, 16, false},   {16, 3, 64, 24, false},   {24, 3, 72, 24, false},  {24, 5, 72, 40, true},
    {40, 5, 120, 40, true},   {40, 5, 120, 40, true},   {40, 3, 240, 80, false}, {80, 3, 200, 80, false},
    {80, 3, 184, 80, false},  {80, 3, 184, 80, false},  {80, 3, 480, 112, true}, {112, 3, 672, 112, true},
    {112, 5, 672, 160, true}, {160, 5, 960, 160, true}, {160, 5, 960, 160, true}};

/// A width, scaled and rounded to a multiple of 8, never more than a tenth down.
int scaled(int width, double factor) {
  const double wanted = width * factor;
  const int rounded = std::max(8, static_cast<int>(wanted + 4) / 8 * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

void add_convolution(std::vector<nn::NamedTensor>& tensors, const std::string& name, int out, int in,
                     int kernel) {
  tensors.push_back({name + ".0.weight", at::randn({out, in, kernel, kernel}) * 0.1});
  for (const char* part : {".1.weight", ".1.bias", ".1.running_mean"})
    tensors.push_back({name + part, at::randn(out)});
  tensors.push_back({name + ".1.running_var", at::rand(out) + 0.5});
  tensors.push_back({name + ".1.num_batches_tracked", at::zeros({}, at::kLong)});
}

void add_linear(std::vector<nn::NamedTensor>& tensors, const std::string& name, int out, int in) {
  tensors.push_back({name + ".weight", at::randn({out, in}) * 0.1});
  tensors.push_back({name + ".bias", at::randn(out)});
}

std::vector<nn::NamedTensor> random_network(double factor) {
  std::vector<nn::NamedTensor> tensors;
  add_convolution(tensors, "features.0", scaled(16, factor), 1, 3);
  int position = 0;
  for (const MobileBlock& block : kMobileNetV3) {
    const std::string name = "features." + std::to_string(++position) + ".block.";
    const int in = scaled(block.in, factor);
    const int width = scaled(block.expanded, factor);
    int layer = 0;
    if (width != in) add_convolution(tensors, name + std::to_string(layer++), width, in, 1);
    add_convolution(tensors, name + std::to_string(layer++), width, 1, block.kernel);
    if (block.squeezes) {
      const std::string squeeze = name + std::to_string(layer++) + ".conc_se_layers.0.fc";
      add_linear(tensors, squeeze + "1", scaled(width / 4, 1), width);
      add_linear(tensors, squeeze + "2", width, scaled(width / 4, 1));
    }
    add_convolution(tensors, name + std::to_string(layer), scaled(block.out, factor), width, 1);
  }
  const int last = scaled(160, factor);
  add_convolution(tensors, "features.16", 6 * last, last, 1);
  add_linear(tensors, "classifier.2", scaled(1280, factor), 6 * last);
  add_linear(tensors, "classifier.5", 527, scaled(1280, factor));
  return tensors;
}

TEST(TaggerWidths, AreReadFromTheTensors) {
  const auto path = std::filesystem::temp_directory_path() / "pupil_tagger_width_test.safetensors";
  for (const auto& [factor, embedding_size] : {std::pair(0.4, 384), {1.0, 960}, {2.0, 1920}}) {
    nn::write_safetensors(path, random_network(factor));
    const Tagger tagger = Tagger::load(path);
    EXPECT_EQ(tagger.embedding_size(), embedding_size);
    const TaggerOutput output = tagger.forward(at::randn({2, 16000}) * 0.1);
    EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 527}));
    EXPECT_EQ(output.embeddings.sizes(), (at::IntArrayRef{2, embedding_size}));
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
  }
  std::filesystem::remove(path);
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
