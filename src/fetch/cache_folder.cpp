// SPDX-License-Identifier: Apache-2.0
#include "fetch/cache_folder.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/environment.h"
#include "base/error.h"

namespace pupil::fetch {
std::filesystem::path cache_folder() {
  if (const std::string own = environment("PUPIL_CACHE"); !own.empty()) return own;
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty())
    return std::filesystem::path(xdg) / "pupil";
  std::string home = environment("HOME");
  if (home.empty()) {  // services and `env -i` have none
    const passwd* user = getpwuid(geteuid());
    if (user != nullptr) home = user->pw_dir;
  }
  if (home.empty()) throw Error("no cache folder: set PUPIL_CACHE");
  return std::filesystem::path(home) / ".cache" / "pupil";
}

}  // namespace pupil::fetch
