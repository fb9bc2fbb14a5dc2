// SPDX-License-Identifier: Apache-2.0
// What the tests of the stages share: a project of twelve clips and a teacher that needs no weights.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "corpus/collect_stage.h"
#include "corpus/models.h"
#include "corpus/test_project.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/label_stage.h"

namespace pupil::pipeline {

/// From here on StubTeacher takes a sound for "bird", one of the broad groups: 4.5 kHz.
inline constexpr float kBirdPitch = 1.5F;

/// Knows how high a sound is: its embedding is the share of samples where the sign changes, and whether it is sound at
/// all; "low" lies below 1 kHz, "high" above.
class StubTeacher : public teacher::Teacher {
 public:
  /// `embedded_count` counts what it was asked to embed; it must outlive the teacher.
  explicit StubTeacher(std::int64_t* embedded_count) : embedded_count_(embedded_count) {}

  std::string_view kind() const override { return "clap"; }
  std::int32_t sample_rate_hz() const override { return 16000; }
  bool standardise() const override { return false; }
  std::int64_t embedding_begin() const override { return 0; }
  std::vector<float> prompt_embedding(std::span<const std::string> prompts) const override {
    return std::vector<float>(2, static_cast<float>(prompts.size()));
  }
  void set_classes(std::span<const SoundClass> classes) override {
    names_.clear();
    for (const SoundClass& sound : classes) names_.push_back(sound.name);
  }

  std::vector<teacher::AudioEmbedding> embed(std::span<const std::vector<float>> audio) const override {
    std::vector<teacher::AudioEmbedding> embedded(audio.size());
    for (std::size_t i = 0; i < audio.size(); ++i) {
      ++*embedded_count_;
      double changes = 0;
      for (std::size_t t = 1; t < audio[i].size(); ++t) changes += (audio[i][t] < 0) != (audio[i][t - 1] < 0);
      const double pitch_hz = changes / 2 * sample_rate_hz() / static_cast<double>(audio[i].size());
      if (pitch_hz < 1) {
        embedded[i].problem = "nothing but silence";
      } else {
        embedded[i].embedding = {static_cast<float>(std::log(pitch_hz / 1000))};
      }
    }
    return embedded;
  }

  std::vector<float> score(std::span<const float> embedding) const override {
    std::vector<float> logits;
    for (const std::string& name : names_)
      logits.push_back(name == "bird" && embedding[0] > kBirdPitch ? 12
                                                                   : 4 * (name == "high"  ? embedding[0]
                                                                          : name == "low" ? -embedding[0]
                                                                                          : -1));
    return logits;
  }

 private:
  std::int64_t* embedded_count_;
  std::vector<std::string> names_;
};

/// Six clips of a low tone and six of a high one, two seconds each, of twelve recordings, collected; the last of either
/// kind is in test, the one before in val.
class StageTest : public testing::Test {
 protected:
  StageTest() : store(folder.path()), catalogue(corpus::Catalogue::create(folder.path())) {
    project.dir = folder.path();
    project.name = "stages";
    project.teacher.model = "stub";
    project.label.broad_negatives = false;
    project.exporting.target = "precision";
    for (const char* name : {"low", "high"}) {
      SoundClass sound;
      sound.name = name;
      sound.prompts = {concat("a ", name, " tone")};
      project.classes.push_back(sound);
    }
    corpus::put_model(catalogue, {"stub", "", "weights", "clap"});
    std::string index = "path,label,group,split\n";
    for (int i = 0; i < 12; ++i) {
      const bool high = i >= 6;
      const int of_kind = i % 6;
      const std::string name = concat(high ? "high" : "low", of_kind, ".wav");
      sounds.write_wav(name, tone((high ? 2000.0 : 300.0) + 40 * of_kind), 16000);
      index += concat(name, ",", high ? "high" : "low", ",recording ", i, ",",
                      of_kind == 5   ? "test"
                      : of_kind == 4 ? "val"
                                     : "train",
                      "\n");
    }
    sounds.write("index.csv", index);
    collect();
  }

  void collect() {
    corpus::CsvColumns columns;
    columns.label = "label";
    columns.group = "group";
    columns.split = "split";
    const std::vector<corpus::Source> sources{corpus::read_csv_source(sounds.path() / "index.csv", columns)};
    corpus::run_collect_stage(catalogue, store, sources, corpus::collect_options(project, 1), {});
  }

  static std::vector<float> tone(double pitch_hz) {
    std::vector<float> samples(2 * 16000);
    // It grows, so that no window is background.
    for (std::size_t t = 0; t < samples.size(); ++t) {
      const double s = static_cast<double>(t) / 16000;
      samples[t] = static_cast<float>((0.05 + 0.2 * s) * std::sin(2 * M_PI * pitch_hz * s));
    }
    return samples;
  }

  TeacherLoader stub() {
    return [this](const Project& of, const TeacherSpec&) {
      auto teacher = std::make_unique<StubTeacher>(&embedded_count);
      teacher->set_classes(scored_classes(of));
      return teacher;
    };
  }

  LabelStageReport label(const corpus::ShardResults* results = nullptr) {
    return run_label_stage(project, catalogue, store, results, {}, stub());
  }

  /// Has the shards of a plan done, the last first, and gives their results.
  template <typename Work>
  corpus::ShardResults run_shards(const corpus::ShardPlan& plan, const Work& work) {
    for (std::int64_t i = plan.shard_count(); i-- > 0;) {
      corpus::ShardRun run(folder.path(), plan.stage, {i, plan.shard_count()});
      work(run);
    }
    return corpus::ShardResults(folder.path(), plan);
  }

  corpus::TestFolder sounds;
  corpus::TestFolder folder;
  corpus::Store store;
  corpus::Catalogue catalogue;
  Project project;
  std::int64_t embedded_count = 0;
};

}  // namespace pupil::pipeline
