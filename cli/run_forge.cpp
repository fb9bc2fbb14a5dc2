// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "commands.h"
#include "forge_limits.h"

namespace pupil::cli {

namespace {

// Not through std::filesystem, which would bring 200 kB of streams and locales into the static device program.
std::string folder_of_this_program() {
  std::string path(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) throw Error(concat("/proc/self/exe: ", std::strerror(errno)));
  path.resize(static_cast<std::size_t>(length));
  return path.substr(0, path.rfind('/'));
}

}  // namespace

int run_forge(const Command& command, Arguments arguments) {
  const std::string forge = folder_of_this_program() + "/pupil-forge";
  if (access(forge.c_str(), X_OK) != 0) {
    throw Error(concat("this build has the device commands only; '", command.name, "' needs ", forge,
                       " (the package pupil-forge, or a build with PUPIL_FORGE=ON)"));
  }
#ifdef PUPIL_HAS_FORGE  // the device program is small and has no forge
  check_limits();
#endif
  std::vector<std::string> words = {"pupil-forge"};
  if (log_level() == LogLevel::quiet) words.push_back("--quiet");
  if (log_level() == LogLevel::verbose) words.push_back("--verbose");
  // "bench teacher" is two words.
  for (std::string_view name = command.name; !name.empty();) {
    const std::size_t space = std::min(name.find(' '), name.size());
    words.emplace_back(name.substr(0, space));
    name.remove_prefix(std::min(space + 1, name.size()));
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // OpenMP's threads would spin for a tenth of a second at every barrier: on a machine that does other work too,
  // that made trainings thirty times slower. It reads this before main() begins, so it is set here.
  if (getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "10000", 0);
  // Memory in pages of 2 MB where the system gives them: libtorch touches 160 MB before main() begins, and each page of 4 kB
  // is a call of the kernel. A start takes a quarter less of a processor (1.2 s -> 0.9); trainings take what they took. Read before
  // main() as well.
  setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
  execv(forge.c_str(), pointers.data());
  throw Error(concat(forge, ": ", std::strerror(errno)));
}

}  // namespace pupil::cli
