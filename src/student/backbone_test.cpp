// SPDX-License-Identifier: Apache-2.0
#include "student/backbone.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
#include "student/student_file.h"
#include "student/test_set.h"
#include "student/trainer.h"

namespace pupil::student {
namespace {

// A body as random as any, of the network that short_training() describes.
Backbone test_backbone(const TrainSection& train = short_training()) {
  Backbone backbone;
  backbone.blocks = train.blocks;
  backbone.front_end = front_end_options(train);
  backbone.scale.mean.assign(static_cast<std::size_t>(train.mel_count), -5.0F);
  backbone.scale.deviation.assign(static_cast<std::size_t>(train.mel_count), 3.0F);
  const MelCnn net(make_network(train.blocks, 48, backbone.front_end.mel_count, 7), at::kCPU, 99);
  MelCnn copy(net.spec(), at::kCPU, 99);
  backbone.body = copy.parameters().detach().narrow(0, 0, body_size(copy)).clone();
  backbone.statistics = copy.statistics() + 0.5;
  backbone.steps = 12;
  return backbone;
}

TEST(Backbone, IsReadAsItWasWritten) {
  const TestFolder folder;
  const Backbone written = test_backbone();
  save_backbone(folder / "model.safetensors", written);
  const Backbone read = load_backbone(backbone_file(folder.path().string()));
  EXPECT_EQ(read.blocks, written.blocks);
  EXPECT_EQ(read.steps, 12);
  EXPECT_EQ(read.scale.mean, written.scale.mean);
  EXPECT_TRUE(at::equal(read.statistics, written.statistics));
  EXPECT_TRUE(at::equal(read.body, written.body.to(at::kHalf).to(at::kFloat)));
}

TEST(Backbone, IsRefusedWithANumberThatIsNone) {
  const TestFolder folder;
  Backbone body = test_backbone(), statistics = test_backbone(), scale = test_backbone();
  body.body[3] = NAN;
  statistics.statistics[0] = INFINITY;
  scale.scale.deviation[1] = NAN;
  for (const Backbone* broken : {&body, &statistics, &scale}) {
    save_backbone(folder / "model.safetensors", *broken);
    EXPECT_THROW(load_backbone(folder / "model.safetensors"), Error);
  }
}

// Other classes, another window: what a backbone is for.
TEST(Backbone, ReplacesTheBodyAndLeavesTheHead) {
  const TrainSection train = short_training();
  const Backbone backbone = test_backbone();
  MelCnn net(make_network(train.blocks, 98, 16, 3), at::kCPU, 1);
  const at::Tensor before = net.parameters().detach().clone();
  begin_with(net, front_end_options(train), backbone);
  const std::int64_t body = body_size(net);
  const std::int64_t head = before.numel() - body;
  EXPECT_TRUE(at::equal(net.parameters().detach().narrow(0, 0, body), backbone.body));
  EXPECT_TRUE(at::equal(net.parameters().detach().narrow(0, body, head), before.narrow(0, body, head)));
  EXPECT_TRUE(at::equal(net.statistics(), backbone.statistics));
}

TEST(Backbone, OfAnotherNetworkOrFrontEndIsRefused) {
  TrainSection train = short_training();
  const Backbone backbone = test_backbone();
  MelCnn net(make_network(train.blocks, 48, 16, 3), at::kCPU, 1);
  train.hop_ms = 20;
  EXPECT_NE(error_of([&] {
              begin_with(net, front_end_options(train), backbone);
            }).find("made for hop_samples 160, the student has 320"),
            std::string::npos);
  train.hop_ms = 10;
  train.blocks.back() = "separable 24 s2x2";
  MelCnn wider(make_network(train.blocks, 48, 16, 3), at::kCPU, 1);
  EXPECT_NE(
      error_of([&] { begin_with(wider, front_end_options(train), backbone); }).find("made for blocks ["),
      std::string::npos);
}

TEST(Backbone, AFileOfAnotherKindIsRefused) {
  const TestFolder folder;
  nn::write_safetensors(folder / "other.safetensors", std::vector<nn::NamedTensor>{{"a", at::zeros({2})}});
  const std::string error = error_of([&] { load_backbone(folder / "other.safetensors"); });
  EXPECT_NE(error.find("other.safetensors: not a backbone"), std::string::npos) << error;
}

TrainerOptions training_in(const std::filesystem::path& folder, const std::string& init) {
  TrainerOptions options;
  options.train = short_training();
  options.train.init = init;
  options.train.epochs = 2;
  options.folder = folder;
  options.progress = false;
  return options;
}

// The body moves little when the learning rate is next to nothing: what a student ends with is what it began
// with.
TEST(Backbone, TrainingBeginsWithIt) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const Backbone backbone = test_backbone();
  save_backbone(folder / "model.safetensors", backbone);
  TrainerOptions options = training_in(folder / "run", (folder / "model.safetensors").string());
  options.train.learning_rate = 1e-7;
  const Student student = load_student(train_student(set, options).student);
  const at::Tensor body = student.parameters.narrow(0, 0, backbone.body.numel());
  EXPECT_LT((body - backbone.body).abs().max().item<double>(), 1e-3);
  EXPECT_EQ(student.scale.mean, backbone.scale.mean);
  EXPECT_EQ(student.scale.deviation, backbone.scale.deviation);
}

TEST(Backbone, StoppedAndResumedGivesTheSameBytes) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  save_backbone(folder / "model.safetensors", test_backbone());
  const std::string init = (folder / "model.safetensors").string();
  const std::string whole = sha256_file(train_student(set, training_in(folder / "whole", init)).student);
  TrainerOptions parts = training_in(folder / "parts", init);
  parts.stop_after_steps = 3;
  std::filesystem::path student;
  for (int i = 0; i < 20 && student.empty(); ++i) student = train_student(set, parts).student;
  EXPECT_EQ(sha256_file(student), whole);
}

// By content: the same file elsewhere is the same training, another file of the same name is not.
TEST(Backbone, ItsContentIsPartOfTheConfiguration) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  TrainSection train = short_training();
  const std::string without = training_configuration(train, set, {});
  Backbone backbone = test_backbone();
  save_backbone(folder / "a.safetensors", backbone);
  std::filesystem::copy_file(folder / "a.safetensors", folder / "b.safetensors");
  train.init = (folder / "a.safetensors").string();
  const std::string with = training_configuration(train, set, {});
  EXPECT_NE(with, without);
  train.init = (folder / "b.safetensors").string();
  EXPECT_EQ(training_configuration(train, set, {}), with);
  backbone.steps += 1;
  save_backbone(folder / "b.safetensors", backbone);
  EXPECT_NE(training_configuration(train, set, {}), with);
}

TEST(Backbone, AutoIsTheOneThatShipsForTheNetworkElseNone) {
  const TestFolder models;
  setenv("PUPIL_MODELS", models.path().c_str(), 1);
  TrainSection train = short_training();
  train.init = "auto";
  EXPECT_EQ(resolved_init(train), "none");
  std::filesystem::create_directory(models / "backbone-small");
  save_backbone(models / "backbone-small/model.safetensors", test_backbone());
  EXPECT_EQ(resolved_init(train), "backbone-small");
  TrainSection other = train;
  other.mel_count = 24;
  EXPECT_EQ(resolved_init(other), "none");
  other = train;
  other.size = "tiny";
  EXPECT_EQ(resolved_init(other), "none");
  train.init = "elsewhere.safetensors";
  EXPECT_EQ(resolved_init(train), "elsewhere.safetensors");
  unsetenv("PUPIL_MODELS");
}

TEST(Backbone, AMissingOrUnfitOneIsNamed) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  EXPECT_NE(error_of([&] {
              train_student(set, training_in(folder / "run", "backbone-smal"));
            }).find("backbone-smal"),
            std::string::npos);
  Backbone backbone = test_backbone();
  backbone.blocks.pop_back();
  save_backbone(folder / "short.safetensors", backbone);
  const std::string error = error_of(
      [&] { train_student(set, training_in(folder / "run", (folder / "short.safetensors").string())); });
  EXPECT_NE(error.find("short.safetensors: the backbone was made for blocks"), std::string::npos) << error;
}

}  // namespace
}  // namespace pupil::student
