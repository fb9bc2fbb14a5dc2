// SPDX-License-Identifier: Apache-2.0
#include "pretrain/backbone_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "base/metrics_file.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "training/checkpoint.h"

namespace pupil::pretrain {
namespace {

// A teacher of six classes that goes by the power of eight stretches of the sound's spectrum, against their
// mean.
teacher::TaggerOutput spectrum_teacher(const at::Tensor& audio) {
  const at::Tensor power = at::abs(at::fft_rfft(audio)).pow(2).slice(1, 0, 16000);
  const at::Tensor log_power = (power.view({audio.size(0), 8, 2000}).mean(2) + 1e-6).log();
  const at::Tensor bands = log_power - log_power.mean(1, true);
  return {bands.slice(1, 0, 6) - 2, bands};
}

// Synthetic sounds and the smallest network that is one.
struct Workshop {
  explicit Workshop(const std::filesystem::path& folder) : library({}, 1.0) {
    options.blocks = {"conv 8 k3x3 s2x2", "inverted 8 x2", "separable 16 s2x2"};
    options.front_end.mel_count = 16;
    options.batch.example_count = 8;
    options.steps = 12;
    options.progress = false;
    examples = pool(folder, "examples", 1, 40);
    held_out = pool(folder, "held_out", 2, 24);
  }

  ExamplePool pool(const std::filesystem::path& folder, const char* name, std::uint64_t seed,
                   std::int64_t count) {
    ExamplePoolOptions wanted;
    wanted.example_count = count;
    wanted.seed = seed;
    wanted.features = student_example_features(options.front_end, 1.0);
    wanted.folder = folder / name;
    return ExamplePool::prepare(library, spectrum_teacher, wanted);
  }

  BackboneTrainerResult train(const std::filesystem::path& work, std::int64_t stop = -1) {
    options.work = work;
    options.stop_after_steps = stop;
    return train_backbone(examples, held_out, options);
  }

  SoundLibrary library;
  BackboneTrainerOptions options;
  ExamplePool examples, held_out;
};

std::string bytes_of(const student::Backbone& backbone, const std::filesystem::path& path) {
  student::save_backbone(path, backbone);
  return sha256_file(path);
}

TEST(BackboneTrainer, ResumedGivesTheSameBytes) {
  const TestFolder folder;
  Workshop workshop(folder.path());
  const std::string whole = bytes_of(workshop.train(folder / "whole").backbone, folder / "whole.safetensors");
  EXPECT_FALSE(workshop.train(folder / "parts", 7).finished);
  const BackboneTrainerResult resumed = workshop.train(folder / "parts");
  EXPECT_EQ(bytes_of(resumed.backbone, folder / "parts.safetensors"), whole);
  EXPECT_EQ(read_metrics(folder / "parts" / "metrics.jsonl").size(), 3U);  // 5 steps an epoch, and the end
  workshop.options.batch.seed = 2;
  EXPECT_NE(bytes_of(workshop.train(folder / "other").backbone, folder / "other.safetensors"), whole);
}

// A child trains and is killed with -9 once its checkpoint is there. It is this program again: libtorch's
// threads do not survive a fork.
TEST(BackboneTrainer, KilledAndResumedGivesTheSameBytes) {
  const char* inside = std::getenv("PUPIL_BACKBONE_TEST_FOLDER");
  const TestFolder own;
  const std::filesystem::path folder = inside != nullptr ? std::filesystem::path(inside) : own.path();
  Workshop workshop(folder);
  workshop.options.steps = 200;
  workshop.options.checkpoint_s = 0;
  if (inside != nullptr) {
    workshop.train(folder / "killed");
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    setenv("PUPIL_BACKBONE_TEST_FOLDER", folder.c_str(), 1);
    execl("/proc/self/exe", "pretrain_test",
          "--gtest_filter=BackboneTrainer.KilledAndResumedGivesTheSameBytes", nullptr);
    _exit(1);
  }
  const std::filesystem::path checkpoint = training::checkpoint_path(folder / "killed");
  while (!std::filesystem::exists(checkpoint) && waitpid(child, nullptr, WNOHANG) == 0) usleep(500);
  usleep(5000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto place = training::read_place(checkpoint);
  ASSERT_TRUE(place.has_value());
  EXPECT_LT(place->step, 200);
  const std::string resumed =
      bytes_of(workshop.train(folder / "killed").backbone, folder / "killed.safetensors");
  EXPECT_EQ(resumed, bytes_of(workshop.train(folder / "whole").backbone, folder / "whole.safetensors"));
}

TEST(BackboneTrainer, RefusesACheckpointOfAnotherConfiguration) {
  const TestFolder folder;
  Workshop workshop(folder.path());
  workshop.train(folder / "run", 2);
  workshop.options.class_weight = 0.5;
  try {
    workshop.train(folder / "run", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("class_weight is 0.1 there and 0.5 here"), std::string::npos)
        << error.what();
  }
}

TEST(BackboneTrainer, LearnsWhatTheTeacherScores) {
  const TestFolder folder;
  Workshop workshop(folder.path());
  workshop.options.steps = 1;
  const BackboneAgreement before = workshop.train(folder / "before").held_out;
  workshop.options.steps = 300;
  workshop.options.learning_rate = 0.01;
  workshop.options.average_memory = 0.9;
  const BackboneTrainerResult after = workshop.train(folder / "after");
  EXPECT_GT(after.held_out.cosine, before.cosine + 0.3);
  EXPECT_EQ(after.backbone.steps, 300);
}

// The network sees exactly the frames of the one front end.
TEST(BackboneTrainer, ExamplesAreFramesOfTheFrontEnd) {
  const edge::LogMelOptions front_end;
  const std::vector<float> tone(kLibraryRateHz, 0.25F);
  const at::Tensor frames = student_example_features(front_end, 1.0).frames(tone);
  EXPECT_EQ(frames.sizes(), (std::vector<std::int64_t>{98, 64}));
}

// Also with mixing, styles and masks; targets stay probabilities.
TEST(BackboneBatches, AreAFunctionOfTheStep) {
  const TestFolder folder;
  Workshop workshop(folder.path());
  const BackboneBatches batches(workshop.examples, workshop.options.batch);
  const BackboneBatch one = batches.draw(3), again = batches.draw(3), other = batches.draw(4);
  EXPECT_TRUE(at::equal(one.features, again.features));
  EXPECT_TRUE(at::equal(one.embedding, again.embedding));
  EXPECT_FALSE(at::equal(one.features, other.features));
  EXPECT_GE(one.probabilities.min().item<float>(), 0);
  EXPECT_LE(one.probabilities.max().item<float>(), 1);
}

}  // namespace
}  // namespace pupil::pretrain
