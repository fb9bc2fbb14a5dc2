// SPDX-License-Identifier: Apache-2.0
// pupil models: which published models are known, fetching them, checking what lies here.

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "commands.h"
#include "models_options.h"
#include "nn/model_store.h"
#include "nn/tensor_file.h"

namespace pupil::cli {
namespace {

bool is_fetched(const nn::KnownModel& model, const std::filesystem::path& cache) {
  for (const nn::KnownFile& file : model.files) {
    if (!std::filesystem::exists(cache / model.name / file.name)) return false;
  }
  return true;
}

int list(const ModelsOptions& options, const std::filesystem::path& cache) {
  Json rows = Json(Json::Array());
  for (const nn::BuiltInModel& model : nn::built_in_models()) {
    if (!options.json) {
      std::printf("%-28s %8s  %-10s  %-11s %s\n", model.name.c_str(), readable_bytes(model.bytes).c_str(), "",
                  "built in", (model.folder / "README.md").c_str());
      continue;
    }
    Json row;
    row.set("name", model.name);
    row.set("bytes", model.bytes);
    row.set("built_in", true);
    row.set("path", model.folder.string());
    rows.push_back(row);
  }
  for (const nn::KnownModel& model : nn::known_models()) {
    const bool fetched = is_fetched(model, cache);
    if (!options.json) {
      std::printf("%-28s %8s  %-10s  %-11s %s\n", std::string(model.name).c_str(),
                  readable_bytes(model.bytes).c_str(), std::string(model.licence).c_str(),
                  fetched ? "fetched" : "", std::string(model.summary).c_str());
      continue;
    }
    Json row;
    row.set("name", model.name);
    row.set("summary", model.summary);
    row.set("licence", model.licence);
    row.set("bytes", model.bytes);
    row.set("fetched", fetched);
    Json urls = Json(Json::Array());
    for (const nn::KnownFile& file : model.files) urls.push_back(file.url);
    row.set("urls", urls);
    rows.push_back(row);
  }
  if (options.json) std::printf("%s\n", rows.dump(2).c_str());
  return 0;
}

int fetch(const ModelsOptions& options, const std::filesystem::path& cache) {
  if (options.name.empty()) throw UsageError("NAME or URL is missing; pupil models list shows the names");
  std::unique_ptr<Progress> bar;
  std::string shown;
  std::int64_t counted = 0;
  const auto progress = [&](std::string_view file, std::int64_t done, std::int64_t total) {
    if (shown != file) {
      shown = file;
      counted = 0;
      bar = std::make_unique<Progress>(shown, total / 1'000'000, "MB");
    }
    bar->advance(done / 1'000'000 - counted);
    counted = done / 1'000'000;
  };
  fetch::DownloadOptions download;
  download.sha256 = options.sha256;
  const std::filesystem::path path = nn::fetch_model(options.name, cache, progress, download);
  bar.reset();
  if (options.json) {
    Json result;
    result.set("path", path.string());
    std::printf("%s\n", result.dump().c_str());
  } else {
    std::printf("%s\n", path.c_str());
  }
  return 0;
}

// A few words on what a checkpoint holds; empty for files that are none (config.json and the like).
std::string describe(const std::filesystem::path& path) {
  static constexpr std::string_view kCheckpoints[] = {".safetensors", ".pt", ".pth", ".bin", ".ckpt"};
  if (std::find(std::begin(kCheckpoints), std::end(kCheckpoints), path.extension().string()) ==
      std::end(kCheckpoints))
    return "";
  const nn::TensorFile file = nn::TensorFile::open(path);
  std::int64_t elements = 0;
  for (const nn::TensorEntry& entry : file.entries())
    elements += static_cast<std::int64_t>(nn::element_count(entry.shape));
  return concat(with_thousands(static_cast<std::int64_t>(file.entries().size())), " tensors, ",
                with_thousands(elements), " values");
}

int verify(const ModelsOptions& options, const std::filesystem::path& cache) {
  if (options.name.empty()) throw UsageError("PATH is missing");
  std::filesystem::path path = nn::find_known_model(options.name) != nullptr
                                   ? cache / options.name
                                   : std::filesystem::path(options.name);
  for (const nn::BuiltInModel& model : nn::built_in_models()) {
    if (model.name == options.name) path = model.folder;
  }
  if (!std::filesystem::exists(path)) throw Error(concat(path.string(), ": no such file or folder"));
  bool all_good = true;
  Json rows = Json(Json::Array());
  for (const nn::FileCheck& check : nn::verify_model(path)) {
    const char* verdict = !check.good()            ? "WRONG CHECKSUM"
                          : check.expected.empty() ? "no checksum on record"
                                                   : "ok";
    const std::string content = describe(check.path);
    all_good = all_good && check.good();
    if (!options.json) {
      std::printf("%s: %s\n  sha256 %s\n  %s%s%s\n", check.path.c_str(), verdict, check.sha256.c_str(),
                  readable_bytes(check.bytes).c_str(), content.empty() ? "" : ", ", content.c_str());
      if (!check.good()) std::printf("  expected %s\n", check.expected.c_str());
      continue;
    }
    Json row;
    row.set("path", check.path.string());
    row.set("bytes", check.bytes);
    row.set("sha256", check.sha256);
    row.set("expected", check.expected.empty() ? Json() : Json(check.expected));
    row.set("good", check.good());
    row.set("content", content);
    rows.push_back(row);
  }
  if (options.json) std::printf("%s\n", rows.dump(2).c_str());
  return all_good ? 0 : 1;
}

}  // namespace

int run_models(const Command& command, Arguments arguments) {
  const ModelsOptions options = parse_options<ModelsOptions>(command, arguments);
  const std::filesystem::path cache =
      options.cache.empty() ? nn::cache_dir() : std::filesystem::path(options.cache);
  if (options.action == "list") return list(options, cache);
  if (options.action == "fetch") return fetch(options, cache);
  if (options.action == "verify") return verify(options, cache);
  static constexpr std::string_view kActions[] = {"list", "fetch", "verify"};
  throw UsageError(concat("unknown action '", options.action, "'", did_you_mean(options.action, kActions)));
}

}  // namespace pupil::cli
