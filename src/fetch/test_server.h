// SPDX-License-Identifier: Apache-2.0
// For tests: a server of this machine, written in Python, that prints its port.

#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace pupil::fetch {

class TestServer {
 public:
  /// Runs `python3 script arguments...`; ended with this object, and when a test aborts.
  TestServer(const std::string& script, const std::vector<std::string>& arguments) {
    int ends[2];
    if (pipe(ends) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(ends[1], STDOUT_FILENO);
      std::vector<std::string> words = {"python3", script};
      words.insert(words.end(), arguments.begin(), arguments.end());
      std::vector<char*> pointers;
      for (std::string& word : words) pointers.push_back(word.data());
      pointers.push_back(nullptr);
      execvp("python3", pointers.data());
      _exit(127);
    }
    close(ends[1]);
    std::FILE* out = fdopen(ends[0], "r");
    if (std::fscanf(out, "%d", &port_) != 1) port_ = 0;
    std::fclose(out);
  }
  ~TestServer() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  bool runs() const { return port_ > 0; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path) const { return "http://" + authority() + path; }

 private:
  pid_t child_ = -1;
  int port_ = 0;
};

}  // namespace pupil::fetch
