// SPDX-License-Identifier: Apache-2.0
// The windows of one recording are one batch of each teacher: the same audio is the same work, whatever was judged before.

#include "pipeline/preview_judge.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "audio/resampler.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/level_track.h"
#include "corpus/models.h"
#include "corpus/windows.h"
#include "nn/model_store.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/config_chain.h"
#include "pipeline/embedded_stretch.h"
#include "pipeline/example_teacher.h"
#include "pipeline/label_decision.h"
#include "pipeline/model_identity.h"
#include "pipeline/negative_bank.h"
#include "teacher/prototypes.h"

namespace pupil::pipeline {
namespace {

constexpr std::string_view kLaionSpace = "laion_clap";
constexpr std::string_view kLaionModel = "clap-630k-audioset-fusion";

// As identify_model() hashes a model of one file.
bool is_laion_fusion(const corpus::ModelRecord& model) {
  const std::string checksum = nn::known_checksum(kLaionModel, nn::cache_dir());
  return !checksum.empty() && model.hash == sha256_hex(checksum);
}

bool needs_bank(const Project& project, std::string_view kind) {
  return teacher::is_standardised(kind) ||
         std::ranges::any_of(scored_classes(project),
                             [&](const SoundClass& sound) { return is_shown(kind, sound); });
}

std::string identity(const Project& project, const std::vector<corpus::ModelRecord>& models) {
  Json config;
  Json teachers = Json(Json::Array());
  const std::vector<TeacherSpec> specs = project.teacher.teachers();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Json one;
    one.set("weights", models[i].hash);
    one.set("share", std::vector<double>{specs[i].weight, specs[i].temperature});
    one.set("classes", scored_class_config(project, models[i].kind));
    if (needs_bank(project, models[i].kind))
      if (const std::optional<NegativeBank> bank = project_bank(project)) one.set("bank", bank->hash());
    teachers.push_back(one);
  }
  config.set("teachers", teachers);
  config.set("names", class_names(project));
  config.set("teacher", section_json(project.teacher));
  config.set("window", section_json(project.window));
  config.set("label", std::vector<double>{project.label.accept, project.label.margin, project.label.reject,
                                          project.label.activity_db});
  config.set("windows", static_cast<std::int64_t>(kJudgedWindows));
  Json examples = Json(Json::Array());
  for (const SoundClass& sound : project.named_classes())
    if (!sound.examples.empty()) examples.push_back(hash_of_examples(project, sound));
  config.set("examples", examples);
  return sha256_hex(config.dump()).substr(0, 16);
}

// Groups that share a word with a class; scores of the corpus have no say.
std::vector<std::size_t> kept_by_words(const Project& project) {
  const std::vector<SoundClass> named = project.named_classes();
  const teacher::ScoreCorrelation none(named.size(), teacher::broad_groups().size());
  return kept_classes(project, teacher::groups_aside(named, project.classes.size(), none));
}

std::vector<float> samples_of(const std::vector<float>& audio, Stretch stretch) {
  const auto size = static_cast<std::int64_t>(audio.size());
  const std::int64_t end = std::min(size, stretch.start_sample + stretch.length_samples);
  std::vector<float> samples(audio.begin() + stretch.start_sample, audio.begin() + end);
  samples.resize(static_cast<std::size_t>(stretch.length_samples));
  return samples;
}

class PreviewJudge final : public harvest::Judge {
 public:
  PreviewJudge(const Project& project, corpus::Catalogue& catalogue, TeacherLoader load_teacher)
      : project_(project), load_teacher_(std::move(load_teacher)) {
    for (const TeacherSpec& spec : project_.teacher.teachers()) {
      models_.push_back(identify_model(project_, catalogue, spec.model, ModelUse::teacher));
      corpus::put_model(catalogue, models_.back());
    }
    id_ = identity(project_, models_);
    if (is_laion_fusion(models_.front())) space_ = kLaionSpace;
  }

  const std::string& id() const override { return id_; }
  std::string_view space() const override { return space_; }

  void load() override {
    if (!teachers_.empty()) return;
    const std::vector<TeacherSpec> specs = project_.teacher.teachers();
    std::vector<std::unique_ptr<teacher::Teacher>> teachers;
    std::vector<EnsembleMember> members;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      teachers.push_back(load_teacher_(project_, specs[i]));
      members.push_back(member_of(project_, specs[i], models_[i].kind, kept_by_words(project_),
                                  bank_scores(*teachers.back(), models_[i])));
    }
    members_ = std::move(members);
    teachers_ = std::move(teachers);
  }

  std::int32_t sample_rate_hz() const override { return teachers_.front()->sample_rate_hz(); }

  std::vector<harvest::Judgement> judge(const std::vector<float>& audio) const override {
    std::vector<harvest::Judgement> judgements(project_.named_classes().size());
    const std::vector<Stretch> active = active_windows(audio);
    const std::vector<Stretch> judged = some_of(active);
    std::vector<std::int64_t> accepted(judgements.size());
    const std::vector<SoundClass> classes = project_.all_classes();
    for (std::vector<float>& soft : soft_targets(audio, judged)) {
      if (soft.empty()) continue;
      for (std::size_t k = 0; k < judgements.size(); ++k)
        judgements[k].score = std::max(judgements[k].score, double{soft[k]});
      const corpus::WindowLabel label = decide(project_.label, classes, std::move(soft));
      if (label.verdict != corpus::Verdict::accepted) continue;
      for (std::size_t k = 0; k < judgements.size(); ++k) accepted[k] += classes[k].name == label.label;
    }
    for (std::size_t k = 0; k < judgements.size() && !judged.empty(); ++k)
      judgements[k].accepted_count =
          std::llround(static_cast<double>(accepted[k]) * static_cast<double>(active.size()) /
                       static_cast<double>(judged.size()));
    return judgements;
  }

  std::vector<float> direction(const SoundClass& sound) const override {
    std::vector<float> direction = sound.examples.empty()
                                       ? teachers_.front()->prompt_embedding(sound.prompts)
                                       : examples_embedding(project_, *teachers_.front(), sound);
    if (direction.empty())
      throw Error(concat("class '", sound.name, "' has no place in the teacher's space"));
    teacher::scale_to_unit(direction);
    return direction;
  }

 private:
  // [N, S]; empty where nothing is standardised.
  std::vector<float> bank_scores(const teacher::Teacher& teacher, const corpus::ModelRecord& model) const {
    if (!needs_bank(project_, model.kind)) return {};
    const std::optional<NegativeBank> bank = project_bank(project_);
    if (!bank)
      throw Error(
          concat("scores of ", model.name,
                 " mean something only beside those of other sounds: [label] negative_bank = \"negatives\""));
    std::vector<float> rows;
    for (const std::vector<float>& embedding : embed_bank(project_, *bank, teacher, model).of_windows) {
      if (embedding.empty()) continue;
      const std::vector<float> row = teacher.score(embedding);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
  }

  std::vector<Stretch> active_windows(const std::vector<float>& audio) const {
    corpus::LevelMeter meter(sample_rate_hz());
    meter.push(audio);
    std::vector<Stretch> active;
    for (const corpus::WindowSpan& window :
         corpus::cut_windows(meter.finish(), sample_rate_hz(), std::ssize(audio), window_options(project_))) {
      if (window.activity_db >= project_.label.activity_db)
        active.push_back({window.start_sample, window.length_samples});
    }
    return active;
  }

  // With input = "clip" all windows are one embedding.
  std::vector<Stretch> some_of(const std::vector<Stretch>& all) const {
    const std::size_t most = project_.teacher.input == "clip" ? 1 : kJudgedWindows;
    const std::size_t count = std::min(all.size(), most);
    std::vector<Stretch> some;
    for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
    return some;
  }

  // One for each window; empty where no teacher could embed it.
  std::vector<std::vector<float>> soft_targets(const std::vector<float>& audio,
                                               const std::vector<Stretch>& windows) const {
    if (windows.empty()) return {};
    std::vector<std::vector<float>> stretches;
    for (const Stretch& window : windows) stretches.push_back(embedded_audio(audio, window));
    std::vector<std::vector<std::vector<float>>> logits(windows.size());
    for (const auto& teacher : teachers_) {
      std::vector<std::vector<float>> resampled = stretches;
      if (teacher->sample_rate_hz() != sample_rate_hz())
        for (std::vector<float>& one : resampled)
          one = audio::resample(one, sample_rate_hz(), teacher->sample_rate_hz());
      const std::vector<teacher::AudioEmbedding> embedded = teacher->embed(resampled);
      for (std::size_t i = 0; i < windows.size(); ++i)
        logits[i].push_back(embedded[i].problem.empty() ? teacher->score(embedded[i].embedding)
                                                        : std::vector<float>());
    }
    std::vector<std::vector<float>> soft;
    for (auto& of_window : logits)
      soft.push_back(soft_target_of_posterior(project_, average_members(members_, std::move(of_window))));
    return soft;
  }

  std::vector<float> embedded_audio(const std::vector<float>& audio, const Stretch& window) const {
    if (project_.teacher.input == "clip") return audio;
    return samples_of(audio, embedded_stretch(project_.teacher, window, sample_rate_hz(), std::ssize(audio)));
  }

  const Project project_;
  const TeacherLoader load_teacher_;
  std::vector<corpus::ModelRecord> models_;
  std::string id_;
  std::string_view space_;
  std::vector<std::unique_ptr<teacher::Teacher>> teachers_;
  std::vector<EnsembleMember> members_;
};

}  // namespace

std::unique_ptr<harvest::Judge> make_preview_judge(const Project& project, corpus::Catalogue& catalogue,
                                                   const TeacherLoader& load_teacher) {
  return std::make_unique<PreviewJudge>(project, catalogue, load_teacher);
}

}  // namespace pupil::pipeline
