// SPDX-License-Identifier: Apache-2.0
// Between fork() and exec() only what is safe while other threads hold locks: the words are laid out before.
//
// A shell's own children do not get its death signal. So a shell is told SIGTERM, and a trap makes it kill its whole
// group; a program is told SIGKILL, for one that is stopped would sleep through anything else.

#include "listen/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

// Holds half a minute of sound at 16 kHz while we wait for a slow disk.
constexpr int kPipeBytes = 1 << 20;

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(concat("cannot make a pipe: ", std::strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    if (write_end >= 0) ::close(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

[[noreturn]] void become(char* const* words, int output, int errors, pid_t parent, int death_signal) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  if (::getppid() != parent) ::_exit(1);  // it died before it was watched
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execvp(words[0], words);
  const char* reason = std::strerror(errno);
  (void)!::write(STDERR_FILENO, reason, std::strlen(reason));
  ::_exit(ChildProcess::kNotFound);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words, bool shell) {
  std::vector<std::string> all = words;
  if (shell) all = {"/bin/sh", "-c", concat("trap 'kill -KILL 0' TERM; { ", words[0], "\n} & wait $!")};
  std::vector<char*> pointers;
  for (std::string& word : all) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  Pipe output, errors;
  ::fcntl(output.write_end, F_SETPIPE_SZ, kPipeBytes);  // what the system allows is good enough
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ < 0) throw Error(concat("cannot start a process: ", std::strerror(errno)));
  if (id_ == 0)
    become(pointers.data(), output.write_end, errors.write_end, parent, shell ? SIGTERM : SIGKILL);
  ::setpgid(id_, id_);  // here as well: whichever comes first
  output_ = std::exchange(output.read_end, -1);
  errors_ = std::exchange(errors.read_end, -1);
}

ChildProcess::~ChildProcess() {
  close_output();
  close_errors();
  kill();
  if (!reaped_) ::waitpid(id_, &status_, 0);
}

void ChildProcess::close_output() {
  if (output_ >= 0) ::close(std::exchange(output_, -1));
}

void ChildProcess::close_errors() {
  if (errors_ >= 0) ::close(std::exchange(errors_, -1));
}

// Also after the child was reaped: of a shell's group others may be left, and while they are, the number is not given to
// another group.
void ChildProcess::signal_group(int number) const {
  ::kill(-id_, number);
}

void ChildProcess::terminate() {
  if (reaped_) return;
  signal_group(SIGTERM);
  signal_group(SIGCONT);  // a stopped one could not take it
}

void ChildProcess::kill() {
  signal_group(SIGKILL);
}

std::optional<std::string> ChildProcess::ended() {
  if (!reaped_) reaped_ = ::waitpid(id_, &status_, WNOHANG) == id_;
  if (!reaped_) return std::nullopt;
  if (WIFSIGNALED(status_)) return concat("killed by signal ", WTERMSIG(status_));
  if (WEXITSTATUS(status_) == kNotFound) return std::string("cannot be run: is it installed?");
  return concat("exit code ", WEXITSTATUS(status_));
}

int ChildProcess::exit_code() const {
  return reaped_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

}  // namespace pupil::listen
