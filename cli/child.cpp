// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {

std::string own_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

pid_t start_child(const std::vector<std::string>& words, const std::filesystem::path& log,
                  const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  // Made before the fork: behind it another thread's lock on the heap would stay locked.
  std::vector<std::string> settings;
  for (char** entry = environ; *entry != nullptr; ++entry) settings.emplace_back(*entry);
  for (const auto& [name, value] : environment) {
    std::erase_if(settings, [&](const std::string& setting) { return setting.starts_with(name + "="); });
    settings.push_back(concat(name, "=", value));
  }
  std::vector<char*> setting_pointers;
  for (std::string& setting : settings) setting_pointers.push_back(setting.data());
  setting_pointers.push_back(nullptr);
  int file = -1;
  if (!log.empty()) {
    file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) throw DiskError(concat(log.string(), ": ", std::strerror(errno)));
  }
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw Error(concat("no process can be started: ", std::strerror(errno)));
  if (child > 0) {
    if (file >= 0) close(file);
    return child;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  if (file >= 0 && (dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)) _exit(127);
  execve(pointers[0], pointers.data(), setting_pointers.data());
  _exit(127);
}

}  // namespace pupil::cli
