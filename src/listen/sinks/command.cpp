// SPDX-License-Identifier: Apache-2.0
// The event is laid into a file in memory that becomes the program's standard input: a pipe would fill up or break when the
// program does not read.

#include "listen/sinks/command.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/sinks/payload.h"

extern char** environ;

namespace pupil::listen {
namespace {

using Clock = std::chrono::steady_clock;

// As execvp() would look for it.
bool can_be_started(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::string_view folders = path != nullptr ? path : "/usr/bin:/bin";
  while (!folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
    if (::access(concat(folder, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

int memory_file(const std::string& text) {
  const int file = ::memfd_create("event", MFD_CLOEXEC);
  if (file < 0) return -1;
  if (::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::lseek(file, 0, SEEK_SET) == 0)
    return file;
  ::close(file);
  return -1;
}

// In a group of its own. Returns 0 or an errno.
int start(const std::vector<std::string>& words, int input, pid_t* child) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  const int code = ::posix_spawnp(child, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return code;
}

// False: it still runs. In steps, since no call waits for one child and a deadline.
bool wait_until(pid_t child, Clock::time_point deadline, const std::stop_token& stop, int* status) {
  for (auto pause = std::chrono::milliseconds(2);;
       pause = std::min(pause * 2, std::chrono::milliseconds(100))) {
    const pid_t ended = ::waitpid(child, status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return true;
    if (Clock::now() >= deadline || stop.stop_requested()) return false;
    std::this_thread::sleep_for(pause);
  }
}

std::string outcome_of(int status) {
  if (WIFSIGNALED(status)) return concat("ended by signal ", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : concat("ended with code ", WEXITSTATUS(status));
}

// The queue's threads start with the object: everything is checked before.
const std::string& program_of(const CommandOptions& options) {
  if (options.command.empty()) throw Error("command is missing: [\"PROGRAM\", \"ARGUMENT\"]");
  const std::string& program = options.command.front();
  if (!can_be_started(program)) throw Error(concat(program, ": no such program, or it may not be started"));
  return program;
}

}  // namespace

CommandSink::CommandSink(const CommandOptions& options)
    : options_(options),
      queue_(concat("command ", program_of(options)), static_cast<std::size_t>(options.queue),
             static_cast<std::size_t>(options.concurrency),
             [this](const Delivery& delivery, std::stop_token stop) { run(delivery, std::move(stop)); }) {}

void CommandSink::event_ended(const Event& event) {
  queue_.push({event.id, event_json(event).dump() + '\n'});
}

void CommandSink::run(const Delivery& delivery, std::stop_token stop) {
  const int input = memory_file(delivery.body);
  pid_t child = 0;
  const int code = input < 0 ? errno : start(options_.command, input, &child);
  if (input >= 0) ::close(input);
  if (code != 0) return report(concat("cannot be started: ", std::strerror(code)));
  int status = 0;
  const auto limit =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.timeout_s));
  if (wait_until(child, Clock::now() + limit, stop, &status)) return report(outcome_of(status));
  ::kill(-child, SIGTERM);
  if (!wait_until(child, Clock::now() + std::chrono::seconds(2), {}, &status)) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  report(concat("took longer than ", options_.timeout_s, " s and was ended"));
}

void CommandSink::report(const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome != last_outcome_)
    log_info(concat("command ", options_.command.front(), ": ", outcome.empty() ? "works again" : outcome));
  last_outcome_ = outcome;
}

}  // namespace pupil::listen
