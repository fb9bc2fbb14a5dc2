// SPDX-License-Identifier: Apache-2.0
// Where large checkpoints come from and where they lie: the known models, the cache folder, names to paths.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/download.h"

namespace pupil::nn {

struct KnownFile {
  std::string_view name;  ///< in the model's folder
  std::string_view url;
  std::int64_t bytes;       ///< 0: not known beforehand
  std::string_view sha256;  ///< empty: recorded when it is fetched first, compared ever after
};

/// A published model that `pupil models fetch` knows.
struct KnownModel {
  std::string_view name;     ///< "clap-htsat-unfused"
  std::string_view summary;  ///< what it is and what it is for
  std::string_view licence;
  std::int64_t bytes;          ///< of all files, rounded where the publisher gives no exact size
  std::string_view main_file;  ///< what a reader opens, within the folder; empty: the folder itself
  std::vector<KnownFile> files;
};

std::span<const KnownModel> known_models();

/// Null when no model has this name.
const KnownModel* find_known_model(std::string_view name);

/// A model that ships with pupil: a folder under models/ of the source tree.
struct BuiltInModel {
  std::string name;  ///< "clap-nano"
  std::filesystem::path folder;
  std::int64_t bytes = 0;  ///< of all files
};

/// Where the models that ship lie: $PUPIL_MODELS, else `models` beside the running program, else
/// ../../share/pupil/models from it. Empty when none of these is there.
std::filesystem::path built_in_models_dir();

/// The folders there that hold weights (*.safetensors), by name.
std::vector<BuiltInModel> built_in_models();

/// $PUPIL_CACHE, else $XDG_CACHE_HOME/pupil, else $HOME/.cache/pupil; without $HOME, of the user's home folder. Need not exist yet.
std::filesystem::path cache_dir();

/// Told about each file before its bytes come: its name and how many bytes are expected (0: unknown), and as
/// they come.
using FetchProgress =
    std::function<void(std::string_view file, std::int64_t done_bytes, std::int64_t total_bytes)>;

/// Fetches a known model, or the file at a URL, into `cache`; what is there already and has its checksum is not
/// fetched again. Beside each file lies FILE.sha256, written at first use. Returns what resolve_model() would.
/// Error: an unknown name (with the nearest known), or fetch::download()'s.
std::filesystem::path fetch_model(std::string_view name_or_url, const std::filesystem::path& cache,
                                  const FetchProgress& progress = {},
                                  const fetch::DownloadOptions& options = {});

/// The path that `model` of a pupil.toml means: an existing path (relative ones are looked up in `project_dir`
/// first), a model that ships with pupil, or one that was fetched. Error that says how to get it.
std::filesystem::path resolve_model(std::string_view model, const std::filesystem::path& project_dir,
                                    const std::filesystem::path& cache);

/// The SHA-256 of a known model's main file: pinned, or recorded in `cache` when it was fetched; empty: neither.
std::string known_checksum(std::string_view name, const std::filesystem::path& cache);

/// The file of weights of the model at `path`: itself, or in a folder model.safetensors, pytorch_model.bin, an index of one of
/// these, or the only *.pt. Error: nothing there, or none of these.
std::filesystem::path weights_file(const std::filesystem::path& path);

/// All files that make the model at `path`, sorted: of a folder those in it (but for our own records), of the index of weights
/// in several files itself and the shards it names, else the file. Error: a folder without files, a faulty index.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& path);

/// What verify_model() found of one file.
struct FileCheck {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  std::string sha256;
  std::string expected;  ///< pinned or recorded checksum; empty: none is known
  bool good() const { return expected.empty() || expected == sha256; }
};

/// Hashes model_files() and looks up what they should be. Error: nothing there, or one cannot be read.
std::vector<FileCheck> verify_model(const std::filesystem::path& path);

}  // namespace pupil::nn
