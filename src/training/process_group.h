// SPDX-License-Identifier: Apache-2.0
// Processes that train one model together, on one machine or on several: each does its part of every step, and what they
// exchange is put together in the order of their ranks, so that all of them hold the numbers of one process alone. By
// libtorch's c10d over Gloo (TCP); they find each other by a file in a folder that all of them see.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace pupil::training {

/// Which of how many processes this is.
struct Rank {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

/// Threads: one at a time per object. All processes of a group make the same calls in the same order; a call returns when all
/// of them have made it.
class ProcessGroup {
 public:
  /// Waits for the others at most `patience_s` seconds. `meeting` is a file in a folder that exists, of a name that no other
  /// run has used. `here`: all processes are on this machine, and nothing listens for others. Error: the others do not come.
  ProcessGroup(const std::filesystem::path& meeting, Rank rank, bool here, double patience_s);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  Rank rank() const { return rank_; }
  bool is_first() const { return rank_.index == 0; }

  /// `values` is made of rank().count blocks of the same length; this process has filled its own (the rank().index-th),
  /// and gets the others'. Error: a process is gone, or has been silent for half an hour.
  void gather(std::span<float> values);
  void gather(std::span<double> values);

  /// What the first process says, for which the others wait a day; their texts are not looked at.
  std::string share(const std::string& text);

  /// Error, in all processes, unless all of them give the same text; `what` names it in the message.
  void require_same(const std::string& text, const std::string& what);

 private:
  class Connection;
  Rank rank_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace pupil::training
