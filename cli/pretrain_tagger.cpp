// SPDX-License-Identifier: Apache-2.0
// From a tagger's checkpoint and a project to a tagger of the same outputs. It shares its options with the training of a CLAP, so
// that what only a CLAP can use is refused here by name; the project and its labels are read before anything is written.

#include "pretrain_tagger.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/log.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "nn/model_store.h"
#include "nn/tensor_file.h"
#include "nn/threads.h"
#include "pipeline/pretrain_project.h"
#include "pretrain/model_card.h"
#include "pretrain/tagger_trainer.h"
#include "project/project_file.h"
#include "teacher/efficientat_network.h"
#include "teacher/tagger.h"
#include "typed_command.h"

namespace fs = std::filesystem;

namespace pupil::cli {
namespace {

void check_options(const PretrainTeacherOptions& options) {
  const std::pair<const char*, bool> of_a_clap[] = {{"--manifest", !options.manifests.empty()},
                                                    {"--tagger", !options.tagger.empty()},
                                                    {"--config", options.config != "nano"},
                                                    {"--phrases", !options.phrases.empty()},
                                                    {"--label-column", !options.label_column.empty()},
                                                    {"--caption-column", !options.caption_column.empty()},
                                                    {"--prepare", options.prepare}};
  for (const auto& [name, is_given] : of_a_clap) {
    if (is_given)
      throw UsageError(concat("--from ", options.from,
                              " is no CLAP; a tagger learns from --project alone: ", name, " is not for it"));
  }
  if (options.project.empty())
    throw UsageError(concat("--from ", options.from,
                            " is no CLAP; a tagger learns from a project: --project DIR is missing"));
}

pretrain::TaggerLayers read_layers(const std::string& word) {
  if (word == "all") return pretrain::TaggerLayers::all;
  if (word.empty() || word == "last") return pretrain::TaggerLayers::last;
  throw UsageError(concat("--layers: '", word, "' is neither last nor all"));
}

std::string labels_text(const PretrainTeacherOptions& options) {
  return options.given_labels ? "given labels" : "accepted windows";
}

pretrain::TaggerExamples read_examples(const PretrainTeacherOptions& options, const teacher::Tagger& tagger) {
  pipeline::TaggerExampleOptions wanted;
  wanted.given_labels = options.given_labels;
  wanted.most = options.examples;
  wanted.seed = static_cast<std::uint64_t>(options.seed);
  const Project project = load_project(options.project);
  corpus::Catalogue catalogue = corpus::Catalogue::open_to_look(options.project);
  pretrain::TaggerExamples examples =
      pipeline::tagger_examples(project, catalogue, corpus::Store(options.project), tagger, wanted);
  log_info(concat(options.project, ": ", with_thousands(examples.train.size()),
                  " stretches to learn from, by its ", labels_text(options), ", ",
                  with_thousands(examples.held_back.size()),
                  " of the validation split to measure by; their licences are not looked at"));
  return examples;
}

pretrain::TaggerTrainerOptions trainer_options(const PretrainTeacherOptions& options, const fs::path& from) {
  pretrain::TaggerTrainerOptions trainer;
  trainer.work = options.work_folder(options.out);
  trainer.layers = read_layers(options.layers);
  trainer.steps = options.steps;
  trainer.learning_rate = options.learning_rate;
  trainer.batch.example_count = options.batch;
  trainer.batch.seed = static_cast<std::uint64_t>(options.seed);
  for (const nn::FileCheck& file : nn::verify_model(nn::weights_file(from)))
    trainer.weights_sha256 += file.sha256;
  trainer.fresh = options.fresh;
  return trainer;
}

std::string share_text(double share) {
  return fixed(100 * share, 1) + " %";
}

std::string agreement_text(const pretrain::TaggerTrainerResult& result) {
  if (!result.agreement) return "no recordings of the validation split to measure by";
  return concat("agrees with the project's labels on ", share_text(*result.agreement),
                " of the stretches held back, ", share_text(*result.agreement_before), " before");
}

std::string card_of(const PretrainTeacherOptions& options, const pretrain::TaggerExamples& examples,
                    const pretrain::TaggerTrainerResult& result, Arguments arguments) {
  pretrain::ModelCard card;
  card.name = fs::path(options.out).filename().string();
  card.summary =
      "An EfficientAT AudioSet tagger, fine-tuned on one project by `pupil pretrain teacher`; the checkpoint's outputs and "
      "names are AudioSet's as before.";
  card.sizes = {
      concat("layers that learned: ", options.layers.empty() ? "last" : options.layers),
      concat(with_thousands(result.steps), " steps of ", options.batch, " examples"),
      concat(examples.mapping.size(), " classes of the project, mapped to outputs by their AudioSet names")};
  card.synthetic =
      concat(with_thousands(examples.train.size()), " stretches of the training split of a project, by its ",
             labels_text(options), "; the other outputs were held where the tagger had them.");
  card.tagger = concat(fs::path(options.from).filename().string(), ", which it began as");
  card.command = typed_command("pupil pretrain teacher", arguments);
  card.seed = static_cast<std::uint64_t>(options.seed);
  card.limits = {
      options.given_labels
          ? "It has learned given labels of the project: for comparisons, not for a product without labels."
          : "It has learned labels that teachers gave the project: where they were wrong, it is surer of being wrong.",
      "Labels that it gives recordings it has learned from look better than those it gives others.",
      concat(result.agreement ? "It " : "There were ", agreement_text(result), ".")};
  return pretrain::card_text(card);
}

void write_model(const PretrainTeacherOptions& options, const fs::path& from,
                 const teacher::EfficientAtNetwork& network, const std::string& card) {
  const fs::path folder = options.out, names = teacher::Tagger::kClassNamesFile;
  make_folders(folder);
  const fs::path beside = nn::weights_file(from).parent_path() / names;
  if (fs::exists(beside)) copy_whole_file(beside, folder / names);
  write_whole(folder / "README.md", card);
  nn::write_safetensors(folder / "model.safetensors", network.published());
}

void print_result(const PretrainTeacherOptions& options, const pretrain::TaggerExamples& examples,
                  const pretrain::TaggerTrainerResult& result) {
  if (!options.json) {
    std::printf("%s (%lld steps, %.0f examples/s; %s)\n", options.out.c_str(),
                static_cast<long long>(result.steps), result.examples_per_s, agreement_text(result).c_str());
    return;
  }
  Json json;
  json.set("model", options.out);
  json.set("steps", result.steps);
  json.set("examples", std::ssize(examples.train));
  json.set("examples_per_s", result.examples_per_s);
  json.set("agreement_before", result.agreement_before ? Json(*result.agreement_before) : Json());
  json.set("agreement", result.agreement ? Json(*result.agreement) : Json());
  std::printf("%s\n", json.dump(2).c_str());
}

}  // namespace

int fine_tune_tagger(PretrainTeacherOptions options, Arguments arguments) {
  check_options(options);
  options.set_run_defaults(400, 16, 1e-4);
  const fs::path from = nn::resolve_model(options.from, ".", nn::cache_dir());
  const pretrain::TaggerTrainerOptions trainer = trainer_options(options, from);
  const teacher::Tagger tagger = teacher::Tagger::load(from);
  const pretrain::TaggerExamples examples = read_examples(options, tagger);
  make_folders(trainer.work);
  teacher::EfficientAtNetwork network = tagger.network();
  const pretrain::TaggerTrainerResult result = pretrain::train_tagger(network, examples, trainer);
  write_model(options, from, network, card_of(options, examples, result, arguments));
  print_result(options, examples, result);
  return 0;
}

}  // namespace pupil::cli
