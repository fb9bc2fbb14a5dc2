// SPDX-License-Identifier: Apache-2.0
#include "fetch/cache_folder.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace pupil::fetch {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::filesystem::path cache_folder() {
  if (const std::string own = variable("PUPIL_CACHE"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty())
    return std::filesystem::path(xdg) / "pupil";
  std::string home = variable("HOME");
  if (home.empty()) {  // services and `env -i` have none
    const passwd* user = getpwuid(geteuid());
    if (user != nullptr) home = user->pw_dir;
  }
  if (home.empty()) throw Error("no cache folder: set PUPIL_CACHE");
  return std::filesystem::path(home) / ".cache" / "pupil";
}

}  // namespace pupil::fetch
