// SPDX-License-Identifier: Apache-2.0
// The loop of `pupil listen`: one thread that waits for the sources' audio, and for signals.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "listen/channel.h"
#include "listen/detection_switches.h"
#include "listen/home.h"
#include "listen/listen_config.h"
#include "listen/loaded_model.h"
#include "listen/service_manager.h"
#include "listen/sink.h"
#include "listen/source.h"

namespace pupil::listen {

/// SIGTERM, SIGINT and SIGHUP, as something to be polled. Blocks them in this thread and in those it makes later, so it
/// comes before the sinks' threads; undone at its end.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  int handle() const { return handle_; }
  /// The next signal; 0: none waits.
  int take();

 private:
  int handle_ = -1;
};

/// Runs the sources of a configuration until SIGTERM or SIGINT, or until all are over. SIGHUP reads the configuration's
/// file and the models again; what is wrong with them is said, and all stays as it was. A model's file that is replaced
/// is taken over by itself. Threads: one; VerdictStore and sinks have their own.
class Listener : public SourceObserver {
 public:
  /// `home` may be null: nothing is kept. Both outlive the listener. Error: no model can be loaded, or as Channel. A model
  /// that cannot be loaded beside one that can is said and left out.
  Listener(ListenConfig config, Home* home, std::vector<std::unique_ptr<Sink>> sinks, SignalQueue& signals);
  ~Listener() override;

  void run();
  /// Called before run(): it ends at this time, as if asked by a signal.
  void stop_at(std::chrono::milliseconds steady) { stop_at_ = steady; }
  /// Called before run(): which sources are switched off. Outlives the listener.
  void follow(const DetectionSwitches& switches) { switches_ = &switches; }

  /// The rate that clips of `config` have: that of its first model that can be loaded. Error: none can.
  static std::int32_t clip_rate_hz(const ListenConfig& config);

 private:
  struct Input {
    std::unique_ptr<Channel> channel;
    std::unique_ptr<Source> source;
  };

  static Models load_models(const ListenConfig& config);
  void source_audio(Source& source, std::span<const std::int16_t> samples, bool gap) override;
  void source_changed(Source& source) override;
  Input make_input(const InputSpec& spec);
  Input& input_of(const Source& source);
  Channel::Shared shared() const;
  void announce();
  void wait_for_audio();
  void take_signals();
  void tick();
  void follow_switches();
  void tick_second();
  void watch_models();
  void reload();
  void apply(ListenConfig config, Models models);
  bool all_over() const;

  ListenConfig config_;
  Home* home_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  SignalQueue& signals_;
  Models models_;
  std::vector<ModelWatch> watches_;  // of models_
  std::vector<Input> inputs_;
  ServiceManager manager_;
  const DetectionSwitches* switches_ = nullptr;
  Moment now_;
  bool stopping_ = false;
  bool scored_ = false;  // a window, since the last look
  std::optional<std::chrono::milliseconds> stop_at_;
  std::chrono::milliseconds ticked_{0};
  std::chrono::milliseconds second_{0};
};

}  // namespace pupil::listen
