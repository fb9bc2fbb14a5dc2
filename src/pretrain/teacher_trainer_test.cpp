// SPDX-License-Identifier: Apache-2.0
#include "pretrain/teacher_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/metrics_file.h"
#include "base/test_folder.h"
#include "pretrain/bpe_training.h"
#include "synth/sound_kind.h"
#include "teacher/clap.h"

namespace pupil::pretrain {
namespace {

// The smallest network that is one, on synthetic sounds without a tagger.
struct Workshop {
  explicit Workshop(const TestFolder& folder)
      : phrases(PhraseTable::load("")), library({}, 1.0), design(load_design("nano")) {
    design.config.audio.image = 64;
    design.config.audio.patch = 8;
    design.config.audio.patch_channels = 8;
    design.config.audio.depths = {1};
    design.config.audio.head_counts = {2};
    design.config.text = {.vocabulary = 400,
                          .hidden = 8,
                          .layer_count = 1,
                          .head_count = 2,
                          .intermediate = 16,
                          .positions = 66,
                          .layer_norm_eps = 1e-5};
    design.config.projection_size = 8;
    design.features.max_samples = 63 * 640;
    ExamplePoolOptions options;
    options.example_count = 24;
    options.features = clap_example_features(design.features);
    options.folder = folder / "examples";
    pool = ExamplePool::prepare(library, nullptr, options);
    const BpeVocabulary vocabulary = train_bpe(phrases.sentences({"Bark", "Rain"}), 400);
    write_bpe(vocabulary, folder.path());
    design.config.text.vocabulary = std::ssize(vocabulary.tokens);
  }

  at::Tensor train(const TestFolder& folder, const char* work, std::int64_t steps, std::int64_t stop,
                   std::uint64_t seed = 5) {
    ClapNetwork network(design.config, seed);
    set_mel_statistics(network, pool);
    TeacherTrainerOptions options;
    options.work = folder / work;
    options.steps = steps;
    options.stop_after_steps = stop;
    options.warm_up_steps = 2;
    options.steps_per_line = options.steps_per_validation = 4;
    options.batch.example_count = 6;
    train_teacher(network, nn::BpeTokenizer::load(folder.path()), pool, library, phrases, {}, options);
    return network.parameters().values().clone();
  }

  PhraseTable phrases;
  SoundLibrary library;
  ClapDesign design;
  ExamplePool pool;
};

TEST(TeacherTrainer, ResumedGivesTheSameNumbers) {
  const TestFolder folder;
  Workshop workshop(folder);
  const at::Tensor whole = workshop.train(folder, "whole", 10, -1);
  workshop.train(folder, "parts", 10, 5);
  const at::Tensor resumed = workshop.train(folder, "parts", 10, -1);
  EXPECT_TRUE(at::equal(whole, workshop.train(folder, "again", 10, -1)));
  EXPECT_TRUE(at::equal(whole, resumed)) << (whole - resumed).abs().max().item<double>();
  EXPECT_EQ(read_metrics(folder / "whole" / "metrics.jsonl").size(),
            read_metrics(folder / "parts" / "metrics.jsonl").size());
}

// Options, initial weights and words each.
TEST(TeacherTrainer, RefusesACheckpointOfAnotherConfiguration) {
  const TestFolder folder;
  Workshop workshop(folder);
  workshop.train(folder, "run", 10, 2);
  const auto refusal = [&](std::int64_t steps, std::uint64_t seed) -> std::string {
    try {
      workshop.train(folder, "run", steps, 1, seed);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(refusal(12, 5).find("another configuration (steps is 10 there and 12 here): change it back, or "
                                "start again with --fresh"),
            std::string::npos);
  EXPECT_NE(refusal(10, 6).find("initial_weights_sha256 is "), std::string::npos);
  workshop.phrases.add("Bark", {"a barking dog"});
  EXPECT_EQ(refusal(10, 5), "");  // no class or clip has that label
  workshop.phrases.add(std::string(synth::kind_name(synth::sound_kinds()[0])), {"yet another phrase"});
  EXPECT_NE(refusal(10, 5).find("words_sha256 is "), std::string::npos);
}

TEST(TeacherTrainer, WhatIsWrittenIsATeacher) {
  const TestFolder folder;
  Workshop workshop(folder);
  ClapNetwork network(workshop.design.config, 5);
  set_mel_statistics(network, workshop.pool);
  nn::write_safetensors(folder / "model.safetensors", network.published(network.parameters().values()));
  std::ofstream(folder / "config.json") << config_json(network.config()).dump();
  std::ofstream(folder / "preprocessor_config.json") << preprocessor_json(workshop.design.features).dump();
  const teacher::Clap clap = teacher::Clap::load(folder.path());
  EXPECT_EQ(clap.sample_rate_hz(), 32000);
  const at::NoGradGuard no_grad;
  const std::vector<teacher::ClapFeatures> features = {{workshop.pool.frames(0).unsqueeze(0), false}};
  // Apart by the rounding of the weights to f16.
  EXPECT_LT(
      (clap.embed_features(features) - network.embed_audio(workshop.pool.frames(0).unsqueeze(0)).embedding)
          .abs()
          .max()
          .item<double>(),
      0.02);
}

TEST(ExamplePool, IsRenderedOnceAndAlike) {
  const TestFolder folder;
  Workshop workshop(folder);
  const auto before = std::filesystem::last_write_time(folder / "examples/examples-00000.safetensors");
  const at::Tensor frames = workshop.pool.frames(3);
  ExamplePoolOptions options;
  options.example_count = 24;
  options.features = clap_example_features(workshop.design.features);
  options.folder = folder / "examples";
  EXPECT_TRUE(at::equal(ExamplePool::prepare(workshop.library, nullptr, options).frames(3), frames));
  EXPECT_EQ(std::filesystem::last_write_time(folder / "examples/examples-00000.safetensors"), before);
  options.seed = 2;
  EXPECT_FALSE(at::equal(ExamplePool::prepare(workshop.library, nullptr, options).frames(3), frames));
}

}  // namespace
}  // namespace pupil::pretrain
