// SPDX-License-Identifier: Apache-2.0
// A tiny separator on tones: it learns, and resumes with the same numbers.

#include "pretrain/separator_trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/metrics_file.h"
#include "base/test_folder.h"
#include "nn/threads.h"
#include "separator/separator.h"

namespace pupil::pretrain {
namespace {

std::vector<float> tone(double hz, double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(seconds * kMixtureRateHz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(std::sin(6.2831853 * hz / kMixtureRateHz * static_cast<double>(i)));
  return samples;
}

SoundPool tones() {
  SoundPool pool;
  pool.add("bark", tone(400, 1));
  pool.add("howl", tone(900, 0.2));
  pool.add("rain", tone(3000, 1));
  return pool;
}

SeparatorTrainerOptions tiny(const std::filesystem::path& folder) {
  SeparatorTrainerOptions options;
  options.out = folder / "out";
  options.work = folder / "work";
  options.network = {{4, 8}, {2, 1}, {4, 2}, 257, 16};
  options.text.vocabulary = 300;
  options.text.layer_count = 1;
  options.mixtures.sample_count = 6400;
  options.mixtures.families = {parse_family("dog=bark|howl")};
  options.steps = 12;
  options.batch = 2;
  options.warm_up_steps = 2;
  options.steps_per_line = 4;
  options.progress = false;
  return options;
}

std::vector<std::pair<double, double>> figures(const std::filesystem::path& folder) {
  std::vector<std::pair<double, double>> lines;
  for (const Json& line : read_metrics(folder / "work" / "metrics.jsonl"))
    lines.emplace_back(line.at("loss").as_double(), line.at("si_sdri_db").as_double());
  return lines;
}

TEST(SeparatorTrainer, WritesAModelThatSeparatesByWords) {
  const TestFolder folder;
  const SeparatorTrainerResult result = train_separator(tones(), PhraseTable::load({}), tiny(folder.path()));
  EXPECT_EQ(result.steps, 12);
  const separator::Separator model(folder / "out");
  const std::vector<float> mixture = tone(500, 0.3);
  EXPECT_EQ(model.separate(mixture, model.query("a dog barking")).size(), mixture.size());
  EXPECT_EQ(model.unfamiliar_words("a dog barking"), "");
  EXPECT_NE(model.unfamiliar_words("quantum tax law").find("'quantum', 'tax', 'law'"), std::string::npos);
}

TEST(SeparatorTrainer, ResumedGivesTheSameNumbers) {
  nn::set_thread_count(1);
  const TestFolder whole, parts;
  const PhraseTable phrases = PhraseTable::load({});
  train_separator(tones(), phrases, tiny(whole.path()));
  SeparatorTrainerOptions stopped = tiny(parts.path());
  stopped.stop_after_steps = 6;  // in the middle of a line of metrics
  EXPECT_EQ(train_separator(tones(), phrases, stopped).steps, 6);
  const SeparatorTrainerResult result = train_separator(tones(), phrases, tiny(parts.path()));
  EXPECT_EQ(result.steps, 12);
  EXPECT_EQ(figures(whole.path()), figures(parts.path()));
  EXPECT_EQ(figures(whole.path()).size(), 3U);
  for (const char* file : {"out/model.safetensors", "work/checkpoint.safetensors"}) {
    EXPECT_EQ(file_bytes(whole.path() / file), file_bytes(parts.path() / file)) << file;
  }
}

TEST(SeparatorTrainer, RefusesACheckpointOfOtherRecordings) {
  const TestFolder folder;
  const PhraseTable phrases = PhraseTable::load({});
  SeparatorTrainerOptions options = tiny(folder.path());
  options.stop_after_steps = 4;
  train_separator(tones(), phrases, options);
  // As many of each label, but another bark.
  SoundPool others;
  others.add("bark", tone(410, 1));
  others.add("howl", tone(900, 0.2));
  others.add("rain", tone(3000, 1));
  EXPECT_THROW(train_separator(others, phrases, options), Error);
  options.mixtures.families = {parse_family("dog=howl|bark")};
  EXPECT_THROW(train_separator(tones(), phrases, options), Error);
}

TEST(SeparatorTrainer, RefusesACheckpointOfAnotherConfiguration) {
  const TestFolder folder;
  const PhraseTable phrases = PhraseTable::load({});
  SeparatorTrainerOptions options = tiny(folder.path());
  options.steps = 4;
  train_separator(tones(), phrases, options);
  options.batch = 3;
  const auto vocabulary = file_bytes(folder / "out/vocab.json");
  options.text.vocabulary = 290;
  EXPECT_THROW(train_separator(tones(), phrases, options), Error);
  EXPECT_EQ(file_bytes(folder / "out/vocab.json"), vocabulary);
  options.fresh = true;
  EXPECT_EQ(train_separator(tones(), phrases, options).steps, 4);
}

}  // namespace
}  // namespace pupil::pretrain
