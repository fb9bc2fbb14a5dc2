// SPDX-License-Identifier: Apache-2.0
// pupil pretrain separator: an AudioSep of any size.

#include <cstdio>
#include <filesystem>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "nn/threads.h"
#include "output_paths.h"
#include "pretrain/manifest.h"
#include "pretrain/model_card.h"
#include "pretrain/separator_trainer.h"
#include "pretrain_separator_options.h"
#include "typed_command.h"

namespace pupil::cli {
namespace {

constexpr Range kPoolRange{1, 64};

pretrain::TrainableSizes network_sizes(const PretrainSeparatorOptions& options) {
  pretrain::TrainableSizes sizes;
  sizes.encoder_channels = options.channels;
  sizes.pool_rows.clear();
  sizes.pool_columns.clear();
  for (const std::string& text : options.poolings) {
    const std::size_t cross = text.find('x');
    if (cross == std::string::npos) throw UsageError(concat("--pooling: '", text, "' is not ROWSxCOLUMNS"));
    sizes.pool_rows.push_back(read_integer("--pooling", std::string_view(text).substr(0, cross), kPoolRange));
    sizes.pool_columns.push_back(
        read_integer("--pooling", std::string_view(text).substr(cross + 1), kPoolRange));
  }
  sizes.bin_count = options.bins;
  sizes.condition_size = options.condition;
  return sizes;
}

struct SeparatorMaterial {
  pretrain::Manifest recordings;
  pretrain::SoundPool pool;
};

SeparatorMaterial read_material(const PretrainSeparatorOptions& options) {
  pretrain::ManifestOptions columns;
  columns.root = options.root;
  columns.label_column = options.label_column;
  columns.licence_column = options.licence_column;
  columns.licence = options.licence;
  columns.where = options.where;
  SeparatorMaterial material;
  material.recordings = pretrain::read_manifests(options.manifests, columns);
  pretrain::SoundPool& pool = material.pool;
  pool.add(material.recordings);
  if (pool.unreadable_count() > 0)
    log_info(concat(pool.unreadable_count(), " clips cannot be read or are silent"));
  if (!options.no_synthetic) pool.add_synthetic();
  return material;
}

template <typename Word>
std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += concat(text.empty() ? "" : ", ", word);
  return text;
}

void write_card(const PretrainSeparatorOptions& options, const SeparatorMaterial& material,
                Arguments arguments) {
  const std::filesystem::path folder = options.out;
  pretrain::ModelCard card;
  card.name = folder.filename().string();
  card.summary =
      "A small AudioSep (ResUNet30 in form, a RoBERTa text tower in LAION's names), made by `pupil pretrain "
      "separator`: a stand-in for the published model where that is not at hand.";
  const std::uintmax_t bytes = std::filesystem::file_size(folder / "model.safetensors");
  card.sizes = {
      concat(with_thousands(static_cast<std::int64_t>(bytes)), " bytes, weights stored in f16"),
      concat("channels of the encoder blocks: ", joined(options.channels),
             "; poolings (time x frequency): ", joined(options.poolings)),
      concat(options.bins, " bins, a window of ", 2 * (options.bins - 1), " samples at 32 kHz, hop 320"),
      concat("condition: ", options.condition, "; vocabulary at most ", options.vocabulary)};
  card.licences = material.recordings.licences;
  card.refused = material.recordings.refused;
  if (!options.no_synthetic)
    card.synthetic =
        "Synthetic sounds (`pupil synth`, and tones and noises without a name) are mixed with them.";
  card.command = typed_command("pupil pretrain separator", arguments);
  card.seed = static_cast<std::uint64_t>(options.seed);
  card.limits = {
      "It knows the words of trained_words.txt; other queries give a warning.",
      "It is trained on few real recordings: expect much less of it than of the published AudioSep."};
  write_whole(folder / "README.md", pretrain::card_text(card));
}

pretrain::SeparatorTrainerOptions trainer_options(const PretrainSeparatorOptions& options) {
  pretrain::SeparatorTrainerOptions trainer;
  trainer.out = options.out;
  trainer.work = options.work_folder(options.out);
  trainer.network = network_sizes(options);
  trainer.text.vocabulary = options.vocabulary;
  trainer.mixtures.sample_count = static_cast<std::int64_t>(options.duration_s * pretrain::kMixtureRateHz);
  for (const std::string& family : options.families)
    trainer.mixtures.families.push_back(pretrain::parse_family(family));
  trainer.mixtures.focus = options.focus;
  trainer.mixtures.absent = options.absent;
  trainer.mixtures.snr_low_db = options.snr_low_db;
  trainer.mixtures.snr_high_db = options.snr_high_db;
  trainer.mixtures.seed = static_cast<std::uint64_t>(options.seed);
  trainer.steps = options.steps;
  trainer.batch = options.batch;
  trainer.learning_rate = options.learning_rate;
  trainer.si_sdr_weight = options.si_sdr_weight;
  trainer.seed = static_cast<std::uint64_t>(options.seed);
  trainer.fresh = options.fresh;
  return trainer;
}

// Maps of many megabytes come and go at every step: given back to the system each time, a quarter of the time
// goes into clearing pages.
void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace

int run_pretrain_separator(const Command& command, Arguments arguments) {
  const auto options = parse_options<PretrainSeparatorOptions>(command, arguments);
  options.check();
  std::vector<NamedPath> inputs = {{"--phrases", options.phrases}};
  for (const std::string& manifest : options.manifests) inputs.push_back({"--manifest", manifest});
  check_output_folder({"OUT", options.out}, inputs);
  const pretrain::SeparatorTrainerOptions trainer = trainer_options(options);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  keep_freed_memory();
  const SeparatorMaterial material = read_material(options);
  const pretrain::SeparatorTrainerResult result =
      pretrain::train_separator(material.pool, pretrain::PhraseTable::load(options.phrases), trainer);
  write_card(options, material, arguments);
  if (options.json) {
    Json json;
    json.set("model", options.out);
    json.set("steps", result.steps);
    json.set("loss", result.loss);
    json.set("si_sdri_db", result.si_sdri_db);
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("%s: %lld steps, SI-SDRi %.1f dB on the last mixtures of the training\n", options.out.c_str(),
                static_cast<long long>(result.steps), result.si_sdri_db);
  }
  return 0;
}

}  // namespace pupil::cli
