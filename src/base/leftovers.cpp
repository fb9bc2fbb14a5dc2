// SPDX-License-Identifier: Apache-2.0
#include "base/leftovers.h"

#include <sys/types.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/temp_file.h"

namespace pupil {
namespace {

// A temporary file's name begins with its process's number.
bool owner_lives(std::string_view name) {
  name.remove_prefix(std::string_view(kTempPrefix).size());
  pid_t id = 0;
  std::from_chars(name.data(), name.data() + name.size(), id);
  return id > 0 && (::kill(id, 0) == 0 || errno == EPERM);
}

}  // namespace

void remove_temporary_files(const std::filesystem::path& folder) {
  std::error_code ignored;  // no such folder, for one
  for (const std::filesystem::path& path : folder_entries(folder, &ignored)) {
    const std::string name = path.filename().string();
    if (name.starts_with(kTempPrefix) && !owner_lives(name)) remove_file(path);
  }
}

}  // namespace pupil
