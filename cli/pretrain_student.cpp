// SPDX-License-Identifier: Apache-2.0
// pupil pretrain student: a backbone for students.

#include <cstdio>
#include <filesystem>
#include <iterator>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/log.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "nn/model_store.h"
#include "nn/threads.h"
#include "output_paths.h"
#include "pretrain/backbone_clips.h"
#include "pretrain/backbone_trainer.h"
#include "pretrain/model_card.h"
#include "pretrain_student_options.h"
#include "student/backbone.h"
#include "teacher/tagger.h"
#include "typed_command.h"

namespace fs = std::filesystem;

namespace pupil::cli {
namespace {

constexpr double kExampleSeconds = 1;  // the window of a new project

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

// Examples and backbone among the recordings would be taken for recordings the next time.
void check_paths(const PretrainStudentOptions& options) {
  std::vector<NamedPath> inputs;
  for (const std::string& folder : options.audio) inputs.push_back({"--audio", folder});
  for (const std::string& folder : options.exclude) inputs.push_back({"--exclude", folder});
  for (const NamedPath& output :
       {NamedPath{"OUT", options.out}, NamedPath{"--work", options.work_folder(options.out)}}) {
    check_output_folder(output, inputs);
    for (const NamedPath& input : inputs) {
      if (is_within(output.path, input.path))
        throw UsageError(concat(output.name, " ", output.path.string(), " is within ", input.name, " ",
                                input.path.string(), "; name another folder"));
    }
  }
}

pretrain::Manifest read_recordings(const PretrainStudentOptions& options) {
  pretrain::ManifestOptions columns;
  columns.label_column = options.group_column;
  columns.licence_column = options.licence_column;
  columns.licence = options.licence;
  columns.any_licence = options.any_licence;
  columns.where = options.where;
  pretrain::Manifest all;
  for (const std::string& folder : options.audio) {
    pretrain::Manifest one = pretrain::read_audio_folder(folder, columns);
    log_info(concat(folder, ": ", pretrain::describe(one)));
    std::move(one.clips.begin(), one.clips.end(), std::back_inserter(all.clips));
    for (const auto& [licence, count] : one.licences) all.licences[licence] += count;
    for (const auto& [reason, count] : one.refused) all.refused[reason] += count;
  }
  return all;
}

pretrain::BackboneClips choose(const PretrainStudentOptions& options,
                               const std::vector<pretrain::ManifestClip>& clips) {
  pretrain::BackboneClipOptions choice;
  choice.exclude.assign(options.exclude.begin(), options.exclude.end());
  choice.held_out = options.held_out;
  choice.threads = nn::thread_count();
  choice.cache = fs::path(options.work_folder(options.out)) / "clips.json";
  pretrain::BackboneClips chosen = pretrain::choose_clips(clips, choice);
  log_info(concat(chosen.train.size(), " clips to learn from, ", chosen.held_out.size(),
                  " held out; left out: ", chosen.duplicates, " that repeat an excluded recording, ",
                  chosen.unreadable, " unreadable or silent"));
  return chosen;
}

struct Examples {
  pretrain::ExamplePool train, held_out;
};

// Sounds of both pools are drawn by different seeds: the synthetic ones differ too.
Examples prepare_examples(const PretrainStudentOptions& options, const pretrain::BackboneClips& clips,
                          const edge::LogMelOptions& front_end) {
  const fs::path path = nn::resolve_model(options.teacher, ".", nn::cache_dir());
  const teacher::Tagger tagger = teacher::Tagger::load(path);
  pretrain::ExamplePoolOptions pool;
  for (const nn::FileCheck& file : nn::verify_model(path)) pool.description += file.sha256;
  pool.features = pretrain::student_example_features(front_end, kExampleSeconds);
  const auto prepare = [&](const std::vector<pretrain::ManifestClip>& sounds, const char* name,
                           std::int64_t count, std::uint64_t seed) {
    pretrain::SoundLibrary library(sounds, options.synthetic);
    pool.folder = fs::path(options.work_folder(options.out)) / name;
    pool.example_count = count;
    pool.seed = seed;
    return pretrain::ExamplePool::prepare(library, pretrain::example_teacher(tagger), pool);
  };
  const auto seed = static_cast<std::uint64_t>(options.seed);
  return {prepare(clips.train, "examples", options.examples, 2 * seed),
          prepare(clips.held_out, "held_out", options.held_out_examples, 2 * seed + 1)};
}

pretrain::BackboneTrainerOptions trainer_options(const PretrainStudentOptions& options,
                                                 const edge::LogMelOptions& front_end) {
  pretrain::BackboneTrainerOptions trainer;
  trainer.work = options.work_folder(options.out);
  trainer.blocks = student::named_blocks(options.network, options.body);
  trainer.front_end = front_end;
  trainer.batch.example_count = options.batch;
  trainer.batch.seed = static_cast<std::uint64_t>(options.seed);
  trainer.batch.mix = options.mix;
  trainer.steps = options.steps;
  trainer.learning_rate = options.learning_rate;
  trainer.embedding_weight = options.embedding_weight;
  trainer.class_weight = options.class_weight;
  trainer.threads = nn::thread_count();
  trainer.fresh = options.fresh;
  return trainer;
}

void write_card(const PretrainStudentOptions& options, const pretrain::Manifest& recordings,
                const pretrain::BackboneClips& clips, const pretrain::BackboneTrainerResult& result,
                Arguments arguments) {
  const fs::path folder = options.out;
  pretrain::ModelCard card;
  card.name = folder.filename().string();
  card.summary =
      "The body of a MelCNN, made by `pupil pretrain student`: a student begins with it by `[train] init`.";
  card.sizes = {concat("network: ", options.network, ", ", options.body),
                concat(with_thousands(result.backbone.body.numel()), " weights, stored in f16"),
                concat(with_thousands(result.steps), " steps of ", options.batch, " windows")};
  card.licences = recordings.licences;
  card.refused = recordings.refused;
  card.synthetic =
      concat("Synthetic sounds (`pupil synth`, and tones and noises without a name) are ", options.synthetic,
             " of the sounds in ", options.examples, " examples. Of the recordings, ", clips.duplicates,
             " repeat an excluded one and ", clips.unreadable, " cannot be read: they were left out.");
  card.tagger = fs::path(options.teacher).filename().string();
  card.command = typed_command("pupil pretrain student", arguments);
  card.seed = static_cast<std::uint64_t>(options.seed);
  card.limits = {concat("On examples of ", clips.held_out.size(),
                        " recordings held out: cosine to the teacher's embedding ",
                        fixed(result.held_out.cosine, 3), ", mAP against its three highest classes ",
                        fixed(result.held_out.mean_precision, 3), ".")};
  if (options.any_licence)
    card.limits.push_back(
        "It learned from recordings whatever their licence: for measuring, not to be given away.");
  write_whole(folder / "README.md", pretrain::card_text(card));
}

void print_result(const PretrainStudentOptions& options, const pretrain::BackboneTrainerResult& result) {
  if (!options.json) {
    std::printf("%s (%lld steps, %.0f windows/s; held out: cosine %.3f, mAP %.3f)\n", options.out.c_str(),
                static_cast<long long>(result.steps), result.windows_per_s, result.held_out.cosine,
                result.held_out.mean_precision);
    return;
  }
  Json json;
  json.set("model", options.out);
  json.set("steps", result.steps);
  json.set("windows_per_s", result.windows_per_s);
  json.set("held_out_cosine", result.held_out.cosine);
  json.set("held_out_map", result.held_out.mean_precision);
  std::printf("%s\n", json.dump(2).c_str());
}

}  // namespace

int run_pretrain_student(const Command& command, Arguments arguments) {
  const auto options = parse_options<PretrainStudentOptions>(command, arguments);
  options.check();
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  const edge::LogMelOptions front_end = student::front_end_options({});
  const pretrain::BackboneTrainerOptions trainer = trainer_options(options, front_end);
  check_paths(options);
  const pretrain::Manifest recordings = read_recordings(options);
  const pretrain::BackboneClips clips = choose(options, recordings.clips);
  const Examples examples = prepare_examples(options, clips, front_end);
  if (options.prepare) return 0;
  const pretrain::BackboneTrainerResult result =
      pretrain::train_backbone(examples.train, examples.held_out, trainer);
  make_folders(options.out);
  student::save_backbone(fs::path(options.out) / "model.safetensors", result.backbone);
  write_card(options, recordings, clips, result, arguments);
  print_result(options, result);
  return 0;
}

}  // namespace pupil::cli
