// SPDX-License-Identifier: Apache-2.0
// pupil pretrain teacher: a CLAP of any size. A tagger to go on from is pretrain_tagger.h's business.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "nn/model_store.h"
#include "nn/threads.h"
#include "nn/trained_words.h"
#include "output_paths.h"
#include "pipeline/pretrain_project.h"
#include "pretrain/bpe_training.h"
#include "pretrain/clap_folder.h"
#include "pretrain/example_pool.h"
#include "pretrain/manifest.h"
#include "pretrain/model_card.h"
#include "pretrain/teacher_trainer.h"
#include "pretrain_tagger.h"
#include "pretrain_teacher_options.h"
#include "synth/sound_kind.h"
#include "teacher/tagger_teacher.h"
#include "typed_command.h"

namespace fs = std::filesystem;

namespace pupil::cli {
namespace {

// What is learned from, and the words for it.
struct TeacherMaterial {
  pretrain::Manifest recordings;
  pretrain::PhraseTable phrases;
  std::vector<std::string> class_names;
  std::vector<std::string> texts;  // every sentence that can come
};

TeacherMaterial read_material(const PretrainTeacherOptions& options) {
  pretrain::ManifestOptions columns;
  columns.root = options.root;
  columns.caption_column = options.caption_column;
  columns.label_column = options.label_column;
  columns.licence_column = options.licence_column;
  columns.licence = options.licence;
  columns.where = options.where;
  TeacherMaterial material;
  material.recordings = pretrain::read_manifests(options.manifests, columns);
  if (!options.project.empty()) {
    // The project's own business: what is made of its recordings carries their licences.
    std::vector<pretrain::ManifestClip> windows = pipeline::accepted_windows(options.project);
    log_info(
        concat(options.project, ": ", windows.size(), " accepted windows; their licences are not looked at"));
    std::move(windows.begin(), windows.end(), std::back_inserter(material.recordings.clips));
  }
  material.phrases = pretrain::PhraseTable::load(options.phrases);
  for (const synth::SoundKind kind : synth::sound_kinds()) {
    const auto words = synth::phrases(kind);
    material.phrases.add(std::string(synth::kind_name(kind)), {words.begin(), words.end()});
  }
  return material;
}

void collect_texts(TeacherMaterial& material, const teacher::Tagger* tagger) {
  std::set<std::string> keys;
  for (const pretrain::ManifestClip& clip : material.recordings.clips) {
    if (clip.captions.empty()) keys.insert(clip.label);
    material.texts.insert(material.texts.end(), clip.captions.begin(), clip.captions.end());
  }
  for (const synth::SoundKind kind : synth::sound_kinds()) keys.insert(std::string(synth::kind_name(kind)));
  if (tagger != nullptr) {
    material.class_names.assign(tagger->class_names().begin(), tagger->class_names().end());
    keys.insert(material.class_names.begin(), material.class_names.end());
  }
  for (std::string& text : material.phrases.sentences({keys.begin(), keys.end()})) {
    material.texts.push_back(std::move(text));
  }
}

// Vocabulary and network: new ones of a design, or those of a model to go on from. The vocabulary is in OUT then.
pretrain::ClapNetwork begin_network(const PretrainTeacherOptions& options, pretrain::ClapDesign& design,
                                    const TeacherMaterial& material, const pretrain::ExamplePool& pool) {
  make_folders(options.out);
  const auto seed = static_cast<std::uint64_t>(options.seed);
  if (options.from.empty()) {
    const pretrain::BpeVocabulary vocabulary =
        pretrain::train_bpe(material.texts, design.config.text.vocabulary);
    design.config.text.vocabulary = std::ssize(vocabulary.tokens);
    pretrain::write_bpe(vocabulary, options.out);
    pretrain::ClapNetwork network(design.config, seed);
    pretrain::set_mel_statistics(network, pool);
    return network;
  }
  const fs::path from = nn::resolve_model(options.from, ".", nn::cache_dir());
  for (const char* file : {"vocab.json", "merges.txt"}) {
    if (!fs::exists(from / file))
      throw Error(concat((from / file).string(), ": missing; --from wants Hugging Face's layout"));
    copy_whole_file(from / file, fs::path(options.out) / file);
  }
  pretrain::ClapNetwork network(design.config, seed);
  const fs::path weights =
      fs::exists(from / "model.safetensors") ? from / "model.safetensors" : from / "pytorch_model.bin";
  network.load(nn::TensorFile::open(weights));
  return network;
}

std::string card_of(const PretrainTeacherOptions& options, const TeacherMaterial& material,
                    const pretrain::ClapNetwork& network, Arguments arguments) {
  const teacher::ClapConfig& config = network.config();
  pretrain::ModelCard card;
  card.name = fs::path(options.out).filename().string();
  card.summary =
      "A small CLAP (HTS-AT and RoBERTa, Hugging Face's layout), made by `pupil pretrain teacher`: a stand-in for the "
      "large published models where they are not at hand.";
  card.sizes = {concat(with_thousands(network.parameters().size()), " weights, stored in f16"),
                concat("audio: image ", config.audio.image, ", ", config.audio.patch_channels, " channels, ",
                       config.audio.stage_count(), " stages"),
                concat("text: ", config.text.layer_count, " layers of ", config.text.hidden, ", vocabulary ",
                       config.text.vocabulary),
                concat("common space: ", config.projection_size)};
  card.licences = material.recordings.licences;
  card.refused = material.recordings.refused;
  card.synthetic = concat("Synthetic sounds (`pupil synth`, and tones and noises without a name) are ",
                          options.synthetic, " of the ", options.examples, " examples.");
  card.tagger = fs::path(options.tagger).filename().string();
  card.command = typed_command("pupil pretrain teacher", arguments);
  card.seed = static_cast<std::uint64_t>(options.seed);
  card.limits = {"It knows the words of trained_words.txt; other prompts give a warning.",
                 "It is trained on few real recordings: expect much less of it than of a published CLAP."};
  return pretrain::card_text(card);
}

void write_model(const PretrainTeacherOptions& options, const pretrain::ClapDesign& design,
                 const pretrain::ClapNetwork& network, const TeacherMaterial& material, Arguments arguments) {
  const fs::path folder = options.out;
  write_whole(folder / "config.json", pretrain::config_json(network.config()).dump(2) + "\n");
  write_whole(folder / "preprocessor_config.json",
              pretrain::preprocessor_json(design.features).dump(2) + "\n");
  nn::TrainedWords::write(material.texts, folder);
  write_whole(folder / "README.md", card_of(options, material, network, arguments));
  nn::write_safetensors(folder / "model.safetensors", network.published(network.parameters().values()));
}

bool is_tagger(const std::string& from) {
  return !from.empty() && teacher::teacher_kind(nn::resolve_model(from, ".", nn::cache_dir())) ==
                              teacher::TaggerTeacher::kKind;
}

void check_paths(const PretrainTeacherOptions& options) {
  std::vector<NamedPath> inputs = {{"--phrases", options.phrases}};
  if (options.config != "nano") inputs.push_back({"--config", options.config});
  if (!options.from.empty())
    inputs.push_back({"--from", nn::resolve_model(options.from, ".", nn::cache_dir())});
  for (const std::string& manifest : options.manifests) inputs.push_back({"--manifest", manifest});
  check_output_folder({"OUT", options.out}, inputs);
}

}  // namespace

int run_pretrain_teacher(const Command& command, Arguments arguments) {
  auto options = parse_options<PretrainTeacherOptions>(command, arguments);
  check_paths(options);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  if (is_tagger(options.from)) return fine_tune_tagger(std::move(options), arguments);
  if (!options.layers.empty() || options.given_labels)
    throw UsageError("--layers and --given-labels are for --from an AudioSet tagger; a CLAP learns whole");
  options.set_run_defaults(3000, 48, 1e-3);
  const fs::path work = options.work_folder(options.out);
  pretrain::ClapDesign design = pretrain::load_design(
      options.from.empty() ? options.config : nn::resolve_model(options.from, ".", nn::cache_dir()).string());
  TeacherMaterial material = read_material(options);
  std::optional<teacher::Tagger> tagger;
  pretrain::ExamplePoolOptions pool_options;
  if (!options.tagger.empty()) {
    const fs::path path = nn::resolve_model(options.tagger, ".", nn::cache_dir());
    tagger = teacher::Tagger::load(path);
    for (const nn::FileCheck& file : nn::verify_model(path)) pool_options.description += file.sha256;
  }
  collect_texts(material, tagger ? &*tagger : nullptr);
  pretrain::SoundLibrary library(material.recordings.clips, options.synthetic);
  pool_options.example_count = options.examples;
  pool_options.seed = static_cast<std::uint64_t>(options.seed);
  pool_options.features = pretrain::clap_example_features(design.features);
  pool_options.folder = work / "examples";
  const pretrain::ExamplePool pool = pretrain::ExamplePool::prepare(
      library, tagger ? pretrain::example_teacher(*tagger) : pretrain::ExampleTeacher(), pool_options);
  if (options.prepare) return 0;
  if (material.recordings.clips.empty() && !tagger)
    throw UsageError("nothing to learn from: --manifest, --project or --tagger");

  pretrain::ClapNetwork network = begin_network(options, design, material, pool);
  const nn::BpeTokenizer tokenizer = nn::BpeTokenizer::load(options.out);

  pretrain::TeacherTrainerOptions trainer;
  trainer.work = work;
  trainer.steps = options.steps;
  trainer.fresh = options.fresh;
  trainer.learning_rate = options.learning_rate;
  trainer.batch.example_count = options.batch;
  trainer.batch.seed = static_cast<std::uint64_t>(options.seed);
  const pretrain::TeacherTrainerResult result = pretrain::train_teacher(
      network, tokenizer, pool, library, material.phrases, material.class_names, trainer);
  write_model(options, design, network, material, arguments);
  if (options.json) {
    Json json;
    json.set("model", options.out);
    json.set("steps", result.steps);
    json.set("examples_per_s", result.examples_per_s);
    json.set("agreement", result.agreement);
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf(
        "%s (%lld steps, %.0f examples/s, agrees with the tagger on %.1f %% of the examples held back)\n",
        options.out.c_str(), static_cast<long long>(result.steps), result.examples_per_s,
        100 * result.agreement);
  }
  return 0;
}

}  // namespace pupil::cli
