// SPDX-License-Identifier: Apache-2.0
// Sink: starts a program for every event that is over, with the event (payload.h, one line) on its standard input. The
// program and its words are taken as they are: no shell, so that nothing in an event can become a command.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/range.h"
#include "listen/sink.h"
#include "listen/sinks/delivery_queue.h"

namespace pupil::listen {

/// [[sink]] kind = "command".
struct CommandOptions {
  std::vector<std::string> command;
  std::int64_t concurrency = 2;
  double timeout_s = 30;
  std::int64_t queue = 100;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("command", command, "Program (looked for in PATH) and its arguments.");
    v("concurrency", concurrency, Range{1, 64}, "How many run at a time; further events wait.");
    v("timeout_s", timeout_s, Range{0.1, 86400}, "Then it is ended, with all that it started.");
    v("queue", queue, Range{1, 100000}, "How many events wait at most; then the oldest goes.");
  }
};

/// Its standard output goes to our standard error, so that it cannot come between our own lines. It only ever waits for
/// children of its own, by their number.
class CommandSink final : public Sink {
 public:
  /// Error: there is no such program, or it may not be started.
  explicit CommandSink(const CommandOptions& options);

  void event_ended(const Event& event) override;

 private:
  void run(const Delivery& delivery, std::stop_token stop);
  void report(const std::string& outcome);

  CommandOptions options_;
  std::mutex mutex_;          // of last_outcome_
  std::string last_outcome_;  // so that what fails for weeks is said once
  DeliveryQueue queue_;
};

}  // namespace pupil::listen
