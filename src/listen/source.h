// SPDX-License-Identifier: Apache-2.0
// One source: its child program, what state it is in, and when its samples were taken.
//
//            first audio              one value for silent_s
//  starting -------------> listening ------------------------> silent
//     |  ^                  |  ^  |                               |
//     |  |  back-off over   |  |  +-- nothing for stall_s --> stalled   sound again: listening;
//     |  +---- waiting <----+  |                                 |      for kDeadAfter more: waiting
//     +----------^ ends        +---------------------------------+ -> waiting at once
//  ended: a file or standard input that is over.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "listen/back_off.h"
#include "listen/child_process.h"
#include "listen/listen_config.h"
#include "listen/pcm_reader.h"
#include "listen/sink.h"
#include "listen/source_clock.h"
#include "listen/source_command.h"

namespace pupil::listen {

class Source;

/// What a source tells of. Called from within readable() and tick().
class SourceObserver {
 public:
  virtual ~SourceObserver() = default;
  /// The clock has counted `samples` already. `gap`: they do not follow on those before.
  virtual void source_audio(Source& source, std::span<const std::int16_t> samples, bool gap) = 0;
  virtual void source_changed(Source& source) = 0;
};

/// Threads: one. The observer outlives it.
class Source {
 public:
  /// `spec.input` is checked at each start: what is absent now may be there later.
  Source(InputSpec spec, std::int32_t rate_hz, SourceObserver& observer, std::uint64_t seed,
         std::filesystem::path system = "/");

  const std::string& name() const { return spec_.name; }
  const SourceStatus& status() const { return status_; }
  const SourceClock& clock() const { return clock_; }
  SourceClock& clock() { return clock_; }
  std::int32_t rate_hz() const { return rate_hz_; }

  /// To be polled for reading; -1: none.
  int output() const;
  int errors() const;

  /// output() has something, or has ended.
  void readable(const Moment& now);
  /// errors() has something, or has ended.
  void errors_readable();
  /// Deadlines; at least once a second.
  void tick(const Moment& now);

  /// Off: the child is looked after, and its audio is passed over. Tells the observer.
  void set_detecting(bool on);

  /// Asks the child to end, at the program's end; the destructor kills it.
  void stop();

  /// First audio must have come after so long.
  static constexpr std::chrono::milliseconds kFirstAudioWithin{20'000};
  /// A silent source is started again after so long.
  static constexpr std::chrono::milliseconds kDeadAfter{60'000};
  /// A child that was asked to end is killed after so long.
  static constexpr std::chrono::milliseconds kEndWithin{1'000};

 private:
  void start(const Moment& now);
  void fail(const Moment& now, const std::string& reason);
  void change(const Moment& now, SourceState state, std::string reason);
  void take_bytes(const Moment& now, std::span<const unsigned char> bytes);
  void take_samples(const Moment& now);
  void watch_value();
  void output_ended(const Moment& now, const std::string& failure);
  void take_error_line(std::string_view line);
  void let_go(const Moment& now);
  std::string end_reason(const std::string& how) const;
  std::string conversion() const;
  double same_value_s() const { return static_cast<double>(same_count_) / rate_hz_; }

  InputSpec spec_;
  std::int32_t rate_hz_;
  SourceObserver& observer_;
  std::filesystem::path system_;
  SourceStatus status_;
  SourceClock clock_;
  BackOff back_off_;
  SourceCommand command_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<ChildProcess> leaving_;  // asked to end
  std::unique_ptr<PcmReader> reader_;
  std::vector<std::int16_t> samples_;
  std::string error_line_, partial_error_;
  struct {
    std::string format, channels, rate;
  } device_;                  // as arecord -v says it
  bool begun_ = false;        // the clock, for this child
  bool ever_begun_ = false;   // for any
  bool passed_over_ = false;  // what came last
  bool output_over_ = false;
  int attempt_ = 0;  // of source_command()
  int quick_failures_ = 0;
  std::int16_t value_ = 0;
  std::int64_t same_count_ = 0;
  Time last_end_{};
  std::chrono::milliseconds last_end_steady_{0};
  std::chrono::milliseconds last_audio_{0};
  std::chrono::milliseconds state_since_{0};
  std::chrono::milliseconds wait_until_{0};
  std::chrono::milliseconds leaving_since_{0};
  std::chrono::milliseconds started_{0};
  std::int64_t dropped_ms_ = 0;
};

}  // namespace pupil::listen
