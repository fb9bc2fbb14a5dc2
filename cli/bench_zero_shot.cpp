// SPDX-License-Identifier: Apache-2.0
// pupil bench zero-shot: how well teachers name clips by prompts alone.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "base/text.h"
#include "bench_zero_shot_options.h"
#include "commands.h"
#include "metrics/ranking.h"
#include "nn/model_store.h"
#include "nn/threads.h"
#include "pretrain/manifest.h"
#include "project/project_file.h"
#include "teacher/teacher.h"
#include "teacher/zero_shot.h"

namespace pupil::cli {
namespace {

struct Clip {
  std::filesystem::path file;
  std::int32_t truth = -1;  // of all_classes()
  bool any_class = false;
};

struct Outcome {
  std::string model;
  double any_class_auc = 0;
  double accuracy = 0;  // over clips whose class is known
  std::vector<double> recall, auc;
};

std::vector<Clip> read_clips(const BenchZeroShotOptions& options, const Project& project) {
  pretrain::ManifestOptions source;
  source.csv = options.csv;
  source.root = options.root;
  source.path_column = options.path_column;
  source.label_column = options.label_column;
  source.where = options.where;
  source.any_licence = true;
  std::vector<Clip> clips;
  for (const pretrain::ManifestClip& clip : pretrain::read_manifest(source).clips) {
    clips.push_back({clip.file, project.class_of(clip.label), project.means_any_class(clip.label)});
  }
  return clips;
}

std::vector<std::vector<float>> stretches_of(const std::vector<float>& samples, std::int64_t length) {
  const std::int64_t count = std::ssize(samples);
  if (length <= 0 || count <= length) return {samples};
  std::vector<std::vector<float>> stretches;
  for (std::int64_t first = 0; first + length <= count; first += length / 2) {
    stretches.emplace_back(samples.begin() + first, samples.begin() + first + length);
  }
  return stretches;
}

// Mean scores of every clip, [clips, K]; empty for a clip that cannot be embedded.
std::vector<std::vector<float>> score(const teacher::Teacher& teacher, const std::vector<Clip>& clips,
                                      double stretch_s, const std::string& name) {
  std::vector<std::vector<float>> scores;
  Progress progress(name, std::ssize(clips), "clips");
  for (const Clip& clip : clips) {
    const std::vector<float> samples =
        audio::decode_file(clip.file, {.sample_rate_hz = teacher.sample_rate_hz()});
    const auto length =
        teacher.kind() == "clap" ? static_cast<std::int64_t>(stretch_s * teacher.sample_rate_hz()) : 0;
    std::vector<float> sum;
    const auto stretches = stretches_of(samples, length);
    for (const teacher::AudioEmbedding& embedded : teacher.embed(stretches)) {
      if (!embedded.problem.empty()) continue;
      const std::vector<float> score = teacher.score(embedded.embedding);
      sum.resize(score.size(), 0.0F);
      for (std::size_t k = 0; k < score.size(); ++k) sum[k] += score[k];
    }
    // The number of stretches divides all scores of a clip alike.
    const auto count = static_cast<float>(stretches.size());
    for (float& value : sum) value /= count;
    scores.push_back(std::move(sum));
    progress.advance();
  }
  return scores;
}

void standardise(std::vector<std::vector<float>>& scores, std::size_t class_count) {
  teacher::ScoreStandardiser standardiser(static_cast<std::int64_t>(class_count));
  for (const auto& row : scores) {
    if (!row.empty()) standardiser.add(row);
  }
  for (auto& row : scores) {
    if (!row.empty()) row = standardiser.standardised(row);
  }
}

Outcome judge(const Project& project, const std::vector<Clip>& clips,
              const std::vector<std::vector<float>>& scores) {
  const std::size_t class_count = project.named_classes().size(), reported = project.classes.size();
  std::vector<float> any_scores, class_scores;
  std::vector<std::uint8_t> any_truth;
  std::vector<std::int32_t> truth;
  std::vector<double> named(class_count), all(class_count);
  double right = 0, known = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const std::vector<float> target =
        scores[i].empty() ? std::vector<float>(class_count, 0.0F) : teacher::soft_target(scores[i]);
    float any = 0;
    for (std::size_t k = 0; k < reported; ++k) any += target[k];
    any_scores.push_back(any);
    any_truth.push_back(clips[i].any_class ? 1 : 0);
    class_scores.insert(class_scores.end(), target.begin(), target.end());
    truth.push_back(clips[i].truth);
    if (clips[i].truth < 0) continue;
    const auto k = static_cast<std::size_t>(clips[i].truth);
    const bool hit = static_cast<std::size_t>(std::ranges::max_element(target) - target.begin()) == k;
    named[k] += hit ? 1 : 0;
    all[k] += 1;
    right += hit ? 1 : 0;
    known += 1;
  }
  Outcome outcome;
  outcome.any_class_auc = metrics::roc_auc(any_scores, any_truth);
  outcome.accuracy = right / known;
  for (std::size_t k = 0; k < class_count; ++k) outcome.recall.push_back(named[k] / all[k]);
  outcome.auc = metrics::per_class_roc_auc(class_scores,
                                           metrics::one_of_k(truth, static_cast<std::int32_t>(class_count)),
                                           static_cast<std::int32_t>(class_count));
  return outcome;
}

std::string cell(double value) {
  return std::isnan(value) ? "    -" : fixed(value, 3);
}

void print_table(const Project& project, const std::vector<Clip>& clips,
                 const std::vector<Outcome>& outcomes) {
  const std::vector<SoundClass> classes = project.named_classes();
  std::string head = "| class | clips |", line = "|---|---|";
  for (const Outcome& outcome : outcomes) {
    head += concat(" ", outcome.model, ": named | AUC |");
    line += "---|---|";
  }
  std::printf("%s\n%s\n", head.c_str(), line.c_str());
  const auto any_count = std::ranges::count_if(clips, [](const Clip& clip) { return clip.any_class; });
  std::string any = concat("| any class against the rest | ", any_count, " of ", clips.size(), " |");
  for (const Outcome& outcome : outcomes)
    any += concat(" ", cell(outcome.accuracy), " | ", cell(outcome.any_class_auc), " |");
  std::printf("%s\n", any.c_str());
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const auto count = std::ranges::count_if(
        clips, [&](const Clip& clip) { return clip.truth == static_cast<std::int32_t>(k); });
    if (count == 0) continue;
    std::string row = concat("| ", classes[k].name, " | ", count, " |");
    for (const Outcome& outcome : outcomes)
      row += concat(" ", cell(outcome.recall[k]), " | ", cell(outcome.auc[k]), " |");
    std::printf("%s\n", row.c_str());
  }
}

Json outcome_json(const Project& project, const Outcome& outcome) {
  Json json, classes;
  json.set("model", outcome.model);
  json.set("any_class_auc", outcome.any_class_auc);
  json.set("accuracy", outcome.accuracy);
  for (std::size_t k = 0; k < outcome.recall.size(); ++k) {
    Json row;
    row.set("named", outcome.recall[k]);
    row.set("auc", outcome.auc[k]);
    classes.set(project.named_classes()[k].name, row);
  }
  json.set("classes", classes);
  return json;
}

}  // namespace

int run_bench_zero_shot(const Command& command, Arguments arguments) {
  const BenchZeroShotOptions options = parse_options<BenchZeroShotOptions>(command, arguments);
  if (options.models.empty() || options.classes.empty() || options.csv.empty()) {
    throw UsageError("--models, --classes and --csv are needed");
  }
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  const Project project = parse_project(read_text(options.classes), options.classes);
  const std::vector<Clip> clips = read_clips(options, project);
  std::vector<Outcome> outcomes;
  for (const std::string& model : options.models) {
    const std::filesystem::path path = nn::resolve_model(model, ".", nn::cache_dir());
    const std::unique_ptr<teacher::Teacher> teacher = teacher::load_teacher(path, {});
    teacher->set_classes(project.named_classes());
    std::vector<std::vector<float>> scores =
        score(*teacher, clips, options.stretch_s, path.filename().string());
    if (teacher->standardise()) standardise(scores, project.named_classes().size());
    outcomes.push_back(judge(project, clips, scores));
    outcomes.back().model = path.filename().string();
  }
  if (options.json) {
    Json rows = Json(Json::Array());
    for (const Outcome& outcome : outcomes) rows.push_back(outcome_json(project, outcome));
    std::printf("%s\n", rows.dump(2).c_str());
    return 0;
  }
  print_table(project, clips, outcomes);
  return 0;
}

}  // namespace pupil::cli
