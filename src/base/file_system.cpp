// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/system_error.h"

namespace pupil {

namespace fs = std::filesystem;

namespace {

void check(const std::error_code& code, const fs::path& path, const char* what) {
  if (code) throw DiskError(path.string() + ": " + what + ": " + code.message());
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

}  // namespace

std::vector<fs::path> folder_entries(const fs::path& folder, std::error_code* failure) {
  std::vector<fs::path> entries;
  errno = 0;
  const std::unique_ptr<DIR, CloseFolder> opened(opendir(folder.c_str()));
  while (opened) {
    errno = 0;
    const dirent* entry = readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(folder / name);
  }
  *failure = std::error_code(errno, std::generic_category());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> folder_entries(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> entries = folder_entries(folder, &failure);
  check(failure, folder, "cannot be listed");
  return entries;
}

void make_folders(const fs::path& folder) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  // Of a link to a folder that is not there, or a file of that name, some libraries say nothing.
  if (!code && !folder.empty() && !fs::is_directory(folder, code) && !code)
    code = std::make_error_code(std::errc::not_a_directory);
  check(code, folder, "cannot make this folder");
}

void rename_file(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::rename(from, to, code);
  check(code, to, "cannot put the file in place");
}

void remove_file(const fs::path& file) {
  std::error_code code;
  fs::remove(file, code);
  check(code, file, "cannot be removed");
}

void copy_whole_file(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
  if (code) throw_system_error(from.string() + ": cannot be copied to " + to.string(), code.value());
}

fs::path temporary_folder() {
  std::error_code code;
  const fs::path folder = fs::temp_directory_path(code);
  if (code) throw DiskError("no folder for temporary files: TMPDIR names none: " + code.message());
  return folder;
}

}  // namespace pupil
