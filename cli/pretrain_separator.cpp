// pupil pretrain separator: an AudioSep of any size.

#include <cstdio>
#include <charconv>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "commands.h"
#include "nn/threads.h"
#include "pretrain/manifest.h"
#include "pretrain/separator_course.h"
#include "pretrain_separator_options.h"

namespace pupil::cli {
namespace {

std::int64_t positive(std::string_view text, std::string_view option) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1)
    throw UsageError(concat(option, ": '", text, "' is not a positive number"));
  return value;
}

pretrain::TrainableSizes network_sizes(const PretrainSeparatorOptions& options) {
  pretrain::TrainableSizes sizes;
  sizes.encoder_channels.clear();
  sizes.pool_rows.clear();
  sizes.pool_columns.clear();
  for (const std::string& text : options.channels) sizes.encoder_channels.push_back(positive(text, "--channels"));
  for (const std::string& text : options.poolings) {
    const std::size_t cross = text.find('x');
    if (cross == std::string::npos) throw UsageError(concat("--pooling: '", text, "' is not ROWSxCOLUMNS"));
    sizes.pool_rows.push_back(positive(std::string_view(text).substr(0, cross), "--pooling"));
    sizes.pool_columns.push_back(positive(std::string_view(text).substr(cross + 1), "--pooling"));
  }
  sizes.bin_count = options.bins;
  sizes.condition_size = options.condition;
  return sizes;
}

pretrain::SoundPool read_pool(const PretrainSeparatorOptions& options) {
  pretrain::SoundPool pool;
  for (const std::string& file : options.manifests) {
    std::vector<pretrain::ManifestOptions> sources;
    if (file.ends_with(".json")) {
      sources = pretrain::read_manifest_list(file, options.root);
    } else {
      sources.emplace_back();
      sources.back().csv = file;
      sources.back().root = options.root;
      sources.back().label_column = options.label_column;
      sources.back().licence_column = options.licence_column;
      sources.back().licence = options.licence;
      sources.back().where = options.where;
    }
    for (const pretrain::ManifestOptions& source : sources) {
      const pretrain::Manifest manifest = pretrain::read_manifest(source);
      log_info(concat(source.csv.string(), ": ", pretrain::describe(manifest)));
      pool.add(manifest);
    }
  }
  if (pool.unreadable_count() > 0) log_info(concat(pool.unreadable_count(), " clips cannot be read or are silent"));
  if (!options.no_made_up) pool.add_made_up();
  return pool;
}

pretrain::SeparatorCourseOptions course_options(const PretrainSeparatorOptions& options) {
  pretrain::SeparatorCourseOptions course;
  course.out = options.out;
  course.work = options.work.empty() ? options.out + ".work" : options.work;
  course.network = network_sizes(options);
  course.text.vocabulary = options.vocabulary;
  course.mixtures.sample_count =
      static_cast<std::int64_t>(options.duration_s * pretrain::kMixtureRateHz);
  for (const std::string& family : options.families) course.mixtures.families.push_back(pretrain::parse_family(family));
  course.mixtures.focus = options.focus;
  course.mixtures.absent = options.absent;
  course.mixtures.snr_low_db = options.snr_low_db;
  course.mixtures.snr_high_db = options.snr_high_db;
  course.mixtures.seed = static_cast<std::uint64_t>(options.seed);
  course.steps = options.steps;
  course.batch = options.batch;
  course.learning_rate = options.learning_rate;
  course.seed = static_cast<std::uint64_t>(options.seed);
  course.fresh = options.fresh;
  return course;
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
  const pretrain::SeparatorCourseOptions course = course_options(options);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  keep_freed_memory();
  const pretrain::SoundPool pool = read_pool(options);
  const pretrain::SeparatorCourseResult result =
      pretrain::train_separator(pool, pretrain::PhraseTable::load(options.phrases), course);
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
