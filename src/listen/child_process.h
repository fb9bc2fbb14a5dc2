// SPDX-License-Identifier: Apache-2.0
// A program that runs as a child and writes to us.

#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pupil::listen {

/// In a process group of its own, which the system ends when this process dies, however it dies. Its standard input is
/// empty. Threads: the one that made it, which must live as long as it does.
class ChildProcess {
 public:
  /// Starts `words[0]`, looked for in PATH. With `shell`, words[0] is a command line for /bin/sh. Error: no pipe or
  /// process could be made. A program that does not exist ends at once with kNotFound.
  explicit ChildProcess(const std::vector<std::string>& words, bool shell = false);
  /// Kills the group and waits for the child.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  static constexpr int kNotFound = 127;

  pid_t id() const { return id_; }
  /// Both do not block; -1 once they were closed.
  int output() const { return output_; }
  int errors() const { return errors_; }
  void close_output();
  void close_errors();

  /// Asks the group to end (SIGTERM), or ends it (SIGKILL).
  void terminate();
  void kill();

  /// How it ended, in words ("exit code 1", "killed by signal 9"); nothing while it runs. Does not wait.
  std::optional<std::string> ended();

  /// Its exit code; -1 while it runs or where a signal ended it.
  int exit_code() const;

 private:
  void signal_group(int number) const;

  pid_t id_ = -1;
  int output_ = -1;
  int errors_ = -1;
  bool reaped_ = false;
  int status_ = 0;
};

}  // namespace pupil::listen
