// SPDX-License-Identifier: Apache-2.0
#include "pretrain/tagger_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
#include "teacher/efficientat_features.h"
#include "teacher/random_efficientat.h"
#include "teacher/tagger.h"

namespace pupil::pretrain {
namespace {

constexpr int kSamples = 4000;  // an eighth of a second

// A tone between two pitches, of a class of its own each.
TaggerExample tone(std::int64_t index, int number) {
  TaggerExample example;
  const double pitch_hz = (index == 0 ? 300 : 3000) * (1 + 0.02 * number);
  for (int i = 0; i < kSamples; ++i) {
    const double phase = 2 * std::numbers::pi * pitch_hz * i / teacher::kEfficientAtSampleRateHz;
    example.samples.push_back(static_cast<std::int16_t>(8000 * std::sin(phase)));
  }
  example.target = {index == 0 ? 1.0F : 0.0F, index == 0 ? 0.0F : 1.0F};
  return example;
}

TaggerExample noise(std::uint64_t seed) {
  TaggerExample example;
  CounterRandom random(seed, 1, 2, 3);
  for (int i = 0; i < kSamples; ++i)
    example.samples.push_back(static_cast<std::int16_t>(3000 * random.uniform(-1, 1)));
  return example;
}

// A small random tagger; low and high tones are "Speech" and one of two others.
struct Workshop {
  Workshop() {
    examples.mapping = {{0}, {7, 9}};
    for (int number = 0; number < 6; ++number) {
      for (const std::int64_t index : {0, 1}) examples.train.push_back(tone(index, number));
      for (const std::int64_t index : {0, 1}) examples.held_back.push_back(tone(index, 10 + number));
    }
    examples.train.push_back(noise(1));
    examples.sha256 = "some";
    const TestFolder weights;
    nn::write_safetensors(weights / "random.safetensors", teacher::random_efficientat_tensors(0.1, 1));
    original = teacher::Tagger::load(weights / "random.safetensors");
    options.batch.example_count = 4;
    options.steps = 6;
    options.progress = false;
  }

  TaggerTrainerResult train(const TestFolder& folder, const char* work, std::int64_t stop = -1) {
    network = original->network();
    options.work = folder / work;
    options.stop_after_steps = stop;
    return train_tagger(*network, examples, options);
  }

  std::string bytes(const TestFolder& folder) const {
    nn::write_safetensors(folder / "tuned.safetensors", network->published());
    return sha256_file(folder / "tuned.safetensors");
  }

  // Mean squared distance of the outputs that mean no class, over the examples.
  double moved() const {
    double sum = 0;
    for (const TaggerExample& example : examples.train) {
      const at::Tensor audio = at::tensor(float_samples(example.samples)).unsqueeze(0);
      const at::Tensor pictures = teacher::efficientat_features(audio);
      const at::Tensor change =
          network->forward(pictures).logits - original->network().forward(pictures).logits;
      sum += change.slice(1, 10).square().mean().item<double>();
    }
    return sum;
  }

  TaggerExamples examples;
  TaggerTrainerOptions options;
  std::optional<teacher::Tagger> original;
  std::optional<teacher::EfficientAtNetwork> network;
};

TEST(TaggerTrainer, ResumedGivesTheSameBytes) {
  const TestFolder folder;
  Workshop workshop;
  EXPECT_TRUE(workshop.train(folder, "whole").finished);
  const std::string whole = workshop.bytes(folder);
  EXPECT_FALSE(workshop.train(folder, "parts", 2).finished);
  const TaggerTrainerResult resumed = workshop.train(folder, "parts");
  EXPECT_EQ(workshop.bytes(folder), whole);
  EXPECT_EQ(resumed.steps, 6);
  workshop.train(folder, "parts");  // finished before: nothing is left to do
  EXPECT_EQ(workshop.bytes(folder), whole);
  workshop.options.batch.seed = 2;
  workshop.train(folder, "other");
  EXPECT_NE(workshop.bytes(folder), whole);
}

TEST(TaggerTrainer, LearnsTheClasses) {
  const TestFolder folder;
  Workshop workshop;
  workshop.options.layers = TaggerLayers::all;
  workshop.options.steps = 60;
  workshop.options.learning_rate = 3e-3;
  const TaggerTrainerResult result = workshop.train(folder, "run");
  EXPECT_LT(*result.agreement_before, 0.8);
  EXPECT_EQ(*result.agreement, 1);
}

TEST(TaggerTrainer, HoldsTheOtherOutputs) {
  const TestFolder folder;
  Workshop workshop;
  workshop.options.steps = 20;
  workshop.options.learning_rate = 3e-3;
  workshop.train(folder, "held");
  const double held = workshop.moved();
  workshop.options.kept_weight = 0;
  workshop.train(folder, "free");
  EXPECT_LT(held, workshop.moved() / 2);
}

std::set<std::string> changed(const teacher::EfficientAtNetwork& one,
                              const teacher::EfficientAtNetwork& other) {
  std::set<std::string> names;
  const std::vector<nn::NamedTensor> a = one.published(), b = other.published();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!at::equal(a[i].tensor, b[i].tensor)) names.insert(a[i].name);
  }
  return names;
}

TEST(TaggerTrainer, OnlyTheLayersThatWereAskedForLearn) {
  const TestFolder folder;
  Workshop workshop;
  workshop.train(folder, "last");
  const std::set<std::string> last = changed(*workshop.network, workshop.original->network());
  EXPECT_TRUE(last.contains("features.13.block.0.0.weight"));
  EXPECT_TRUE(last.contains("features.16.1.bias"));
  EXPECT_TRUE(last.contains("classifier.5.weight"));
  EXPECT_FALSE(last.contains("features.12.block.0.0.weight"));
  EXPECT_FALSE(last.contains("features.0.0.weight"));
  workshop.options.layers = TaggerLayers::all;
  workshop.train(folder, "all");
  EXPECT_TRUE(changed(*workshop.network, workshop.original->network()).contains("features.0.0.weight"));
}

TEST(TaggerTrainer, RefusesACheckpointOfAnotherConfiguration) {
  const TestFolder folder;
  Workshop workshop;
  workshop.train(folder, "run", 1);
  workshop.examples.sha256 = "others";
  try {
    workshop.train(folder, "run", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("examples_sha256 is \"some\" there and \"others\" here"),
              std::string::npos)
        << error.what();
  }
}

TEST(TaggerTrainer, WantsAnExampleOfSomeClass) {
  const TestFolder folder;
  Workshop workshop;
  workshop.examples.train = {noise(1)};
  EXPECT_THROW(workshop.train(folder, "run"), Error);
}

TEST(TaggerBatches, AreAFunctionOfTheStep) {
  const Workshop workshop;
  const TaggerBatches batches(workshop.examples, {.example_count = 30});
  const auto one = batches.draw(3), again = batches.draw(3), other = batches.draw(4);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].samples, again[i].samples);
    EXPECT_EQ(one[i].target, again[i].target);
    EXPECT_LE(one[i].target[0] + one[i].target[1], 1 + 1e-6F);
  }
  EXPECT_NE(one[0].samples, other[0].samples);
}

// Noise is one example of thirteen, and a class of its own.
TEST(TaggerBatches, DrawClassesAlike) {
  const Workshop workshop;
  const TaggerBatches batches(workshop.examples, {.example_count = 300, .mixup = 0});
  int without_class = 0;
  for (const TaggerBatchItem& item : batches.draw(1))
    without_class += item.target == std::vector<float>{0, 0} ? 1 : 0;
  EXPECT_NEAR(without_class, 100, 30);
}

TEST(TaggerBatches, CropWhatIsLongerThanTenSeconds) {
  Workshop workshop;
  workshop.examples.train = {tone(0, 1)};
  workshop.examples.train[0].samples.resize(12 * 32000);
  const TaggerBatches batches(workshop.examples, {.example_count = 2});
  for (const TaggerBatchItem& item : batches.draw(1)) EXPECT_EQ(item.samples.size(), 320000U);
}

}  // namespace
}  // namespace pupil::pretrain
