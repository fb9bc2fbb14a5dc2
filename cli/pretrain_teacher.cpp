// pupil pretrain teacher: a CLAP of any size.

#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "commands.h"
#include "nn/model_store.h"
#include "nn/threads.h"
#include "pretrain/clap_folder.h"
#include "pretrain/manifest.h"
#include "pretrain/view_pool.h"
#include "pretrain_teacher_options.h"

namespace pupil::cli {
namespace {

std::vector<pretrain::ManifestOptions> manifests_of(const PretrainTeacherOptions& options) {
  std::vector<pretrain::ManifestOptions> manifests;
  for (const std::string& file : options.manifests) {
    if (file.ends_with(".json")) {
      for (auto& one : pretrain::read_manifest_list(file, options.root)) manifests.push_back(std::move(one));
      continue;
    }
    pretrain::ManifestOptions one;
    one.csv = file;
    one.root = options.root;
    one.caption_column = options.caption_column;
    one.label_column = options.label_column;
    one.licence_column = options.licence_column;
    one.licence = options.licence;
    one.where = options.where;
    manifests.push_back(std::move(one));
  }
  return manifests;
}

std::vector<pretrain::ManifestClip> read_clips(const PretrainTeacherOptions& options) {
  std::vector<pretrain::ManifestClip> clips;
  for (const pretrain::ManifestOptions& source : manifests_of(options)) {
    pretrain::Manifest manifest = pretrain::read_manifest(source);
    log_info(source.csv.string() + ": " + pretrain::describe(manifest));
    std::move(manifest.clips.begin(), manifest.clips.end(), std::back_inserter(clips));
  }
  return clips;
}

}  // namespace

int run_pretrain_teacher(const Command& command, Arguments arguments) {
  const PretrainTeacherOptions options = parse_options<PretrainTeacherOptions>(command, arguments);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  const pretrain::ClapDesign design = pretrain::load_design(options.config);
  pretrain::SoundLibrary library(read_clips(options), options.made_up);
  std::optional<teacher::Tagger> tagger;
  if (!options.tagger.empty()) {
    tagger = teacher::Tagger::load(nn::resolve_model(options.tagger, ".", nn::cache_dir()));
  }
  pretrain::ViewPoolOptions pool_options;
  pool_options.view_count = options.views;
  pool_options.seed = static_cast<std::uint64_t>(options.seed);
  pool_options.features = design.features;
  pool_options.folder = options.work.empty() ? options.out + ".work" : options.work;
  const pretrain::ViewPool pool =
      pretrain::ViewPool::prepare(library, tagger ? &*tagger : nullptr, pool_options);
  return 0;
}

}  // namespace pupil::cli
