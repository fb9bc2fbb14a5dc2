// SPDX-License-Identifier: Apache-2.0
// pupil forget: takes recordings down.

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/clip_removal.h"
#include "corpus/shard_plan.h"
#include "corpus/submissions.h"

namespace pupil::cli {
namespace {

struct ForgetOptions {
  static constexpr std::string_view kDetails =
      "Removes the clips of an author (exactly so, as pupil licences names them), or of an address, with their audio,\n"
      "windows and labels. What came from the web is not fetched again. Names the models that may have learned from them.";

  std::string dir;
  std::string what;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project");
    v.positional("AUTHOR|URL", what, "whose recordings, or which");
    v.flag("--json", json, "machine-readable output");
  }
};

// Every student and exported model of the project: which clips each learned from is not recorded one by one.
std::vector<std::string> models_of(const std::filesystem::path& dir) {
  std::vector<std::string> models;
  for (const char* folder : {"train", "model"}) {
    std::error_code none;
    for (const std::filesystem::path& file : folder_entries(dir / folder, &none)) {
      const std::string ending = file.extension();
      if (ending == ".safetensors" || ending == ".pupil" || ending == ".onnx")
        models.push_back(file.string());
    }
  }
  return models;
}

// Audio that was separated or taken in by shards would come back with their merge, or stay in their folders.
void check_no_shards(const std::string& dir) {
  if (!corpus::has_plan(dir)) return;
  const corpus::ShardPlan plan = corpus::read_plan(dir);
  for (std::int64_t i = 0; i < plan.shard_count(); ++i) {
    if (!std::filesystem::exists(corpus::shard_folder(dir, i))) continue;
    throw Error(concat(
        corpus::shards_folder(dir).string(), ": shards of ", plan.stage,
        " may hold what is to be forgotten: ", plan.merged ? "" : concat("pupil merge ", dir, " first, or "),
        "pupil plan ", dir, " --discard"));
  }
}

}  // namespace

int run_forget(const Command& command, Arguments arguments) {
  const ForgetOptions options = parse_options<ForgetOptions>(command, arguments);
  const ProjectLock lock(options.dir, "pupil forget");
  check_no_shards(options.dir);
  auto catalogue = corpus::Catalogue::open(options.dir);
  const std::int64_t submissions =
      corpus::remove_submissions(corpus::submission_folder(options.dir), options.what);
  const corpus::RemovedClips removed = corpus::remove_clips(catalogue, options.what);
  const auto models = removed.learned_count > 0 ? models_of(options.dir) : std::vector<std::string>();
  if (options.json) {
    Json json;
    json.set("removed", removed.clip_count);
    json.set("submissions", submissions);
    json.set("learned", removed.learned_count);
    json.set("models", models);
    json.set("files", removed.files);
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("%s clips removed\n", with_thousands(removed.clip_count).c_str());
  if (submissions > 0)
    std::printf("%s recordings removed from the submissions\n", with_thousands(submissions).c_str());
  for (const std::string& model : models)
    std::printf("may have learned from them, train again: %s\n", model.c_str());
  for (const std::string& file : removed.files)
    std::printf("still where it was collected from, remove it or it comes back: %s\n", file.c_str());
  return 0;
}

}  // namespace pupil::cli
