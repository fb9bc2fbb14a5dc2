// SPDX-License-Identifier: Apache-2.0
#include "output_paths.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

// A file is what device and inode say, whatever its names; one that is not there yet is its full path.
bool is_same_file(const fs::path& a, const fs::path& b) {
  struct stat first {};
  struct stat second {};
  const bool first_exists = stat(a.c_str(), &first) == 0;
  const bool second_exists = stat(b.c_str(), &second) == 0;
  if (first_exists != second_exists) return false;
  if (first_exists) return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(a), ignored) == fs::weakly_canonical(fs::absolute(b), ignored);
}

void check_kind(const NamedPath& output) {
  struct stat status {};
  if (stat(output.path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  throw UsageError(concat(output.name, " ", output.path.string(), " is ",
                          S_ISDIR(status.st_mode) ? "a folder" : "a device or a pipe", "; name a file"));
}

}  // namespace

void check_outputs(std::span<const NamedPath> outputs, std::span<const NamedPath> inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const NamedPath& output = outputs[i];
    if (output.path.empty()) continue;
    const auto refuse_if_same = [&](const NamedPath& other) {
      if (other.path.empty() || !is_same_file(output.path, other.path)) return;
      throw UsageError(concat(output.name, " ", output.path.string(), " is the same file as ", other.name,
                              " ", other.path.string(), " and would overwrite it; name another file"));
    };
    for (const NamedPath& input : inputs) refuse_if_same(input);
    for (const NamedPath& earlier : outputs.first(i)) refuse_if_same(earlier);
    check_kind(output);
  }
}

void check_output_folder(const NamedPath& folder, std::span<const NamedPath> inputs) {
  if (folder.path.empty()) return;
  for (const NamedPath& input : inputs) {
    if (input.path.empty()) continue;
    const fs::path holder =
        fs::is_directory(input.path) ? input.path : fs::absolute(input.path).parent_path();
    if (!is_same_file(folder.path, holder)) continue;
    throw UsageError(concat(folder.name, " ", folder.path.string(), " holds ", input.name, " ",
                            input.path.string(), ", which could be overwritten; name another folder"));
  }
}

}  // namespace pupil::cli
