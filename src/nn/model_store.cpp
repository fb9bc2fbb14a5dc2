// SPDX-License-Identifier: Apache-2.0
// Names to paths, and downloads to names.
//
// 1. A checksum of known_models() is binding. Where there is none, the first download writes FILE.sha256, and
//    that is binding afterwards: a publisher's silent change is noticed.
// 2. A URL's file is kept in a folder named by the URL's hash: many publishers call their file
//    model.safetensors.
// 3. resolve_model() only asks whether files exist. Hashing a gigabyte at every start would take longer than
//    the start; verify_model() does it when asked.

#include "nn/model_store.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/environment.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "fetch/cache_folder.h"
#include "nn/shard_index.h"

namespace pupil::nn {
namespace {

constexpr std::string_view kRecordSuffix = ".sha256";

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

std::filesystem::path record_of(const std::filesystem::path& file) {
  return std::filesystem::path(file).concat(kRecordSuffix);
}

std::string read_record(const std::filesystem::path& file) {
  std::ifstream in(record_of(file));
  std::string sha256;
  in >> sha256;
  return sha256;
}

// In the form that `sha256sum --check` reads.
void write_record(const std::filesystem::path& file, const std::string& sha256) {
  write_whole(record_of(file), concat(sha256, "  ", file.filename().string(), "\n"));
}

// The last part of a URL's path, made harmless as a file's name.
std::string file_name_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::string name(url.substr(url.rfind('/') + 1));
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_') c = '_';
  }
  // Neither hidden nor "..".
  return name.empty() || name[0] == '.' ? concat("model", name) : name;
}

std::filesystem::path folder_of_url(std::string_view url, const std::filesystem::path& cache) {
  return cache / "url" / sha256_hex(url).substr(0, 16);
}

void fetch_file(const std::string& url, const std::filesystem::path& path, std::string_view pinned,
                std::int64_t bytes, const FetchProgress& progress, fetch::DownloadOptions options) {
  const std::string name = path.filename().string();
  options.sha256 = pinned.empty() ? read_record(path) : std::string(pinned);
  if (std::filesystem::exists(path) && !options.sha256.empty() && sha256_file(path) == options.sha256) return;
  if (progress) {
    options.progress = [&](std::int64_t done, std::int64_t total) {
      progress(name, done, total > 0 ? total : bytes);
    };
  }
  write_record(path, fetch::download_named(url, path, options));
}

[[noreturn]] void unknown_model(std::string_view name) {
  std::vector<std::string_view> names;
  for (const KnownModel& model : known_models()) names.push_back(model.name);
  const std::vector<BuiltInModel> built_in = built_in_models();
  for (const BuiltInModel& model : built_in) names.push_back(model.name);
  throw Error(concat("'", name, "' is neither a file nor a known model", did_you_mean(name, names),
                     " (see pupil models list)"));
}

std::filesystem::path opened_path(const KnownModel& model, const std::filesystem::path& cache) {
  const std::filesystem::path folder = cache / model.name;
  return model.main_file.empty() ? folder : folder / model.main_file;
}

// Without what we keep beside them.
std::vector<std::filesystem::path> files_of_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& entry : folder_entries(folder)) {
    const std::string name = entry.filename().string();
    const bool ours = name.ends_with(kRecordSuffix) || name.ends_with(".part") || name.ends_with(".part.tag");
    if (std::filesystem::is_regular_file(entry) && !ours) files.push_back(entry);
  }
  return files;
}

}  // namespace

const KnownModel* find_known_model(std::string_view name) {
  for (const KnownModel& model : known_models()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

std::filesystem::path built_in_models_dir() {
  if (const std::string own = environment("PUPIL_MODELS"); !own.empty()) return own;
  std::error_code code;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return {};
  const std::filesystem::path beside = program.parent_path() / "models";
  // PREFIX/lib/pupil/pupil-forge
  const std::filesystem::path installed =
      program.parent_path().parent_path().parent_path() / "share" / "pupil" / "models";
  for (const std::filesystem::path& folder : {beside, installed}) {
    if (std::filesystem::is_directory(folder, code)) return folder;
  }
  return {};
}

std::vector<BuiltInModel> built_in_models() {
  std::vector<BuiltInModel> models;
  std::error_code ignored;
  for (const std::filesystem::path& folder : folder_entries(built_in_models_dir(), &ignored)) {
    if (!std::filesystem::is_directory(folder)) continue;
    BuiltInModel model{folder.filename().string(), folder, 0};
    bool has_weights = false;
    for (const std::filesystem::path& file : folder_entries(folder, &ignored)) {
      if (!std::filesystem::is_regular_file(file)) continue;
      model.bytes += static_cast<std::int64_t>(std::filesystem::file_size(file));
      has_weights = has_weights || file.extension() == ".safetensors";
    }
    if (has_weights) models.push_back(std::move(model));
  }
  return models;
}

std::filesystem::path cache_dir() {
  return fetch::cache_folder();
}

std::filesystem::path fetch_model(std::string_view name_or_url, const std::filesystem::path& cache,
                                  const FetchProgress& progress, const fetch::DownloadOptions& options) {
  if (is_url(name_or_url)) {
    const std::filesystem::path path = folder_of_url(name_or_url, cache) / file_name_of(name_or_url);
    fetch_file(std::string(name_or_url), path, "", 0, progress, options);
    return path;
  }
  const KnownModel* model = find_known_model(name_or_url);
  if (model == nullptr) unknown_model(name_or_url);
  for (const KnownFile& file : model->files) {
    const std::filesystem::path path = cache / model->name / file.name;
    fetch_file(std::string(file.url), path, file.sha256, file.bytes, progress, options);
  }
  return opened_path(*model, cache);
}

std::filesystem::path resolve_model(std::string_view model, const std::filesystem::path& project_dir,
                                    const std::filesystem::path& cache) {
  const std::filesystem::path as_path(model);
  if (as_path.is_relative() && std::filesystem::exists(project_dir / as_path)) return project_dir / as_path;
  if (std::filesystem::exists(as_path)) return as_path;
  for (const BuiltInModel& built_in : built_in_models()) {
    if (built_in.name == model) return built_in.folder;
  }
  if (is_url(model)) {
    const std::filesystem::path fetched = folder_of_url(model, cache) / file_name_of(model);
    if (std::filesystem::exists(fetched)) return fetched;
    throw Error(concat(model, " is not fetched yet: pupil models fetch ", model));
  }
  const KnownModel* known = find_known_model(model);
  if (known == nullptr) unknown_model(model);
  for (const KnownFile& file : known->files) {
    if (!std::filesystem::exists(cache / known->name / file.name)) {
      throw Error(concat("model '", model, "' (", readable_bytes(known->bytes),
                         ") is not fetched yet: pupil models fetch ", model));
    }
  }
  return opened_path(*known, cache);
}

std::string known_checksum(std::string_view name, const std::filesystem::path& cache) {
  const KnownModel* model = find_known_model(name);
  if (model == nullptr) return "";
  for (const KnownFile& file : model->files)
    if (file.name == model->main_file && !file.sha256.empty()) return std::string(file.sha256);
  return read_record(opened_path(*model, cache));
}

std::filesystem::path weights_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error(path.string() + ": no such file or folder");
  if (!std::filesystem::is_directory(path)) return path;
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                           "pytorch_model.bin.index.json"}) {
    if (std::filesystem::exists(path / name)) return path / name;
  }
  std::vector<std::filesystem::path> checkpoints = folder_entries(path);
  std::erase_if(checkpoints, [](const std::filesystem::path& file) { return file.extension() != ".pt"; });
  if (checkpoints.size() == 1) return checkpoints[0];
  throw Error(concat(path.string(), ": no model.safetensors, no pytorch_model.bin and ",
                     checkpoints.empty() ? "no" : "more than one", " *.pt"));
}

std::vector<std::filesystem::path> model_files(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    files = files_of_folder(path);
    if (files.empty()) throw Error(concat(path.string(), ": no files here"));
  } else {
    files.push_back(path);
    if (!is_shard_index(path)) return files;
    for (const auto& [shard, tensors] : read_shard_index(path)) files.push_back(path.parent_path() / shard);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<FileCheck> verify_model(const std::filesystem::path& path) {
  std::vector<FileCheck> checks;
  for (const std::filesystem::path& file : model_files(path)) {
    FileCheck& check = checks.emplace_back();
    check.path = file;
    check.sha256 = sha256_file(file);
    check.bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
    check.expected = read_record(file);
    for (const KnownModel& model : known_models()) {
      for (const KnownFile& known : model.files) {
        if (!known.sha256.empty() && known.name == file.filename().string()) check.expected = known.sha256;
      }
    }
  }
  return checks;
}

}  // namespace pupil::nn
