// SPDX-License-Identifier: Apache-2.0
// Findings for a person at a terminal, on standard output.

#pragma once

#include "listen/sink.h"

namespace pupil::listen {

class TerminalSink : public Sink {
 public:
  /// `near_misses`: print them too.
  explicit TerminalSink(bool near_misses) : near_misses_(near_misses) {}

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override;
  void event_started(const Event& event) override;
  void event_ended(const Event& event) override;
  void near_miss(const NearMiss& miss) override;
  void shadow_event(std::string_view model, const Event& event) override;

 private:
  void print(const std::string& line);

  bool near_misses_;
  bool failed_ = false;
};

}  // namespace pupil::listen
