// SPDX-License-Identifier: Apache-2.0
#include "base/writable.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace pupil {
namespace {

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? concat("number ", geteuid()) : concat("'", entry->pw_name, "'");
}

}  // namespace

bool is_writable(const std::filesystem::path& path) {
  const int mode = std::filesystem::is_directory(path) ? W_OK | X_OK : W_OK;
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

void check_writable(const std::filesystem::path& path) {
  if (is_writable(path)) return;
  const int reason = errno;
  throw DiskError(concat(path.string(), std::filesystem::is_directory(path) ? ": the folder" : ": the file",
                         " is not writable for user ", user_name(), " (", std::strerror(reason), ")"));
}

}  // namespace pupil
