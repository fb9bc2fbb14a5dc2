// SPDX-License-Identifier: Apache-2.0
// 1. child_ is the program that audio is taken from; leaving_ an earlier one that was asked to end. Only one of each: a
//    new one is started after the back-off, which is longer than kEndWithin would need it to be killed.
// 2. begun_ is false until the child's first sample; then the clock begins anew and what lies between the last sample of
//    the child before and this one is counted as lost.
// 3. Every change of state goes through change(), which tells the observer once.
// 4. A child's end is known by the end of its output and by waitpid(), in either order.

#include "listen/source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kReadBytes = 1 << 15;
constexpr std::size_t kMostErrorBytes = 300;
// So many starts that brought no audio, and the fallback is tried.
constexpr int kFailuresBeforeFallback = 2;

std::chrono::milliseconds ms(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// "  format       : S16_LE" gives "S16_LE" for "format".
std::string setting(std::string_view line, std::string_view name) {
  const std::size_t colon = line.find(": ");
  const std::size_t begin = line.find_first_not_of(' ');
  if (colon == std::string_view::npos || !line.substr(begin).starts_with(concat(name, " "))) return "";
  return std::string(line.substr(colon + 2, line.find_first_of(" (", colon + 2) - colon - 2));
}

}  // namespace

std::string_view name_of(SourceState state) {
  constexpr std::string_view kNames[] = {"starting", "listening", "silent", "stalled", "waiting", "ended"};
  return kNames[static_cast<std::size_t>(state)];
}

Source::Source(InputSpec spec, std::int32_t rate_hz, SourceObserver& observer, std::uint64_t seed,
               std::filesystem::path system)
    : spec_(std::move(spec)),
      rate_hz_(rate_hz),
      observer_(observer),
      system_(std::move(system)),
      clock_(rate_hz),
      back_off_(seed) {
  status_.source = spec_.name;
  status_.state = SourceState::waiting;
}

int Source::output() const {
  if (output_over_) return -1;
  if (child_) return child_->output();
  const bool open = status_.state != SourceState::ended && status_.state != SourceState::waiting;
  return open && input_kind(spec_.input) == InputKind::standard_input ? STDIN_FILENO : -1;
}

int Source::errors() const {
  return child_ ? child_->errors() : -1;
}

void Source::change(const Moment& now, SourceState state, std::string reason) {
  status_.state = state;
  status_.reason = redacted(reason);
  status_.since = now.utc;
  state_since_ = now.steady;
  observer_.source_changed(*this);
}

void Source::start(const Moment& now) {
  reader_ = std::make_unique<PcmReader>(rate_hz_);
  begun_ = output_over_ = false;
  same_count_ = 0;
  error_line_.clear();
  partial_error_.clear();
  device_ = {};
  started_ = now.steady;
  command_ = {};
  command_.once = input_kind(spec_.input) == InputKind::file;  // also where there is none
  try {
    command_ = source_command(spec_.input, rate_hz_, attempt_, system_);
    if (!command_.words.empty()) child_ = std::make_unique<ChildProcess>(command_.words, command_.shell);
  } catch (const Error& error) {
    return fail(now, error.what());
  }
  change(now, SourceState::starting, command_.words.empty() || command_.shell ? "" : command_.words[0]);
}

// The child is of no use any more: wait, then start another.
void Source::fail(const Moment& now, const std::string& reason) {
  if (begun_ && now.steady - started_ >= BackOff::kGoodAfter) back_off_.reset();
  if (!begun_ && ++quick_failures_ >= kFailuresBeforeFallback && has_fallback(spec_.input)) attempt_ = 1;
  let_go(now);
  if (command_.once) return change(now, SourceState::ended, reason);
  const auto wait = back_off_.next();
  wait_until_ = now.steady + wait;
  ++status_.restarts;
  change(now, SourceState::waiting,
         concat(reason, "; again in ", fixed(static_cast<double>(wait.count()) / 1000, 1), " s"));
}

void Source::let_go(const Moment& now) {
  if (!child_) return;
  child_->close_output();
  child_->close_errors();
  child_->terminate();
  leaving_ = std::move(child_);
  leaving_since_ = now.steady;
}

void Source::set_detecting(bool on) {
  status_.detecting = on;
  observer_.source_changed(*this);
}

void Source::stop() {
  if (child_) child_->terminate();
}

void Source::readable(const Moment& now) {
  std::array<unsigned char, kReadBytes> bytes;
  const ssize_t count = ::read(output(), bytes.data(), bytes.size());
  if (count > 0) return take_bytes(now, std::span(bytes).first(static_cast<std::size_t>(count)));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  const std::string failure = count < 0 ? std::strerror(errno) : "";
  output_over_ = true;
  if (child_) child_->close_output();
  output_ended(now, failure);
}

void Source::take_bytes(const Moment& now, std::span<const unsigned char> bytes) {
  samples_.clear();
  try {
    reader_->push(bytes, samples_);
  } catch (const Error& error) {
    return fail(now, error.what());
  }
  if (!samples_.empty()) take_samples(now);
}

void Source::take_samples(const Moment& now) {
  const auto count = static_cast<std::int64_t>(samples_.size());
  const bool first = !begun_;
  const bool gap = first || passed_over_;
  last_audio_ = now.steady;
  if (gap) clock_.begin(now, count, command_.live);
  if (first) {
    begun_ = true;
    quick_failures_ = 0;
    const auto missed = now.steady - last_end_steady_ - std::chrono::milliseconds(count * 1000 / rate_hz_);
    if (ever_begun_ && missed.count() > 0) status_.lost_samples += missed.count() * rate_hz_ / 1000;
    ever_begun_ = true;
    change(now, SourceState::listening, conversion());
  } else if (!gap) {
    status_.lost_samples += clock_.arrived(now, count);
  }
  last_end_steady_ = now.steady;
  watch_value();
  passed_over_ = !status_.detecting;
  if (!passed_over_) observer_.source_audio(*this, samples_, gap);
  if (status_.state == SourceState::silent && same_count_ < count)
    change(now, SourceState::listening, "sound again");
  if (status_.state == SourceState::listening && same_value_s() >= spec_.silent_s) {
    change(now, SourceState::silent,
           concat("nothing but ", value_ == 0 ? "zeros" : concat("the value ", value_), " for ",
                  readable_seconds(spec_.silent_s), ": is the microphone dead or muted?"));
  }
}

void Source::watch_value() {
  for (const std::int16_t sample : samples_) {
    if (sample != value_) {
      value_ = sample;
      same_count_ = 0;
    }
    ++same_count_;
  }
}

// Its errors are read first: the last line says why.
void Source::output_ended(const Moment& now, const std::string& failure) {
  if (!child_)
    return change(
        now, SourceState::ended,
        failure.empty() ? "standard input is over" : concat("standard input cannot be read: ", failure));
  for (int tries = 0; tries < 50 && !child_->ended(); ++tries) ::usleep(2'000);
  errors_readable();
  const std::string how = child_->ended().value_or("closed its output");
  if (!failure.empty()) return fail(now, concat("its sound cannot be read: ", failure));
  if (command_.once && child_->exit_code() == 0) {
    let_go(now);
    return change(now, SourceState::ended, "the recording is over");
  }
  fail(now, end_reason(how));
}

std::string Source::end_reason(const std::string& how) const {
  const std::string program = command_.shell ? "the program" : command_.words[0];
  return concat(program, " ended (", how, ")", error_line_.empty() ? "" : ": ", error_line_);
}

void Source::errors_readable() {
  if (errors() < 0) return;
  char text[4096];
  const ssize_t count = ::read(errors(), text, sizeof text);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count > 0) partial_error_.append(text, static_cast<std::size_t>(count));
  if (count <= 0 && !partial_error_.empty()) partial_error_ += '\n';
  for (std::size_t end = 0; (end = partial_error_.find_first_of("\r\n")) != std::string::npos;) {
    take_error_line(std::string_view(partial_error_).substr(0, end));
    partial_error_.erase(0, end + 1);
  }
  if (partial_error_.size() > kMostErrorBytes) partial_error_.resize(kMostErrorBytes);
  if (count <= 0) child_->close_errors();
}

void Source::take_error_line(std::string_view line) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return;
  for (auto [name, field] : {std::pair("format", &device_.format), std::pair("channels", &device_.channels),
                             std::pair("rate", &device_.rate)}) {
    const std::string value = setting(line, name);
    if (!value.empty()) *field = value;
  }
  // "overrun!!! (at least 12.345 ms long)": that much is missing now.
  const std::size_t overrun = line.find("overrun!!! (at least ");
  if (overrun != std::string_view::npos) {
    const double missed_ms = std::atof(std::string(line.substr(overrun + 21)).c_str());
    const auto missed = static_cast<std::int64_t>(std::clamp(missed_ms, 0.0, 1e9) * rate_hz_ / 1000);
    status_.lost_samples += missed;
    clock_.skip(missed);
    return;
  }
  error_line_ = line.substr(0, kMostErrorBytes);
}

std::string Source::conversion() const {
  if (device_.rate.empty()) return command_.note;
  if (device_.format == "S16_LE" && device_.channels == "1" && device_.rate == concat(rate_hz_)) return "";
  return concat("the device gives ", device_.format, ", ", device_.rate, " Hz, ", device_.channels,
                device_.channels == "1" ? " channel" : " channels", "; ALSA converts it to ", rate_hz_,
                " Hz, mono");
}

void Source::tick(const Moment& now) {
  if (leaving_ && now.steady - leaving_since_ >= kEndWithin) leaving_.reset();
  if (leaving_ && leaving_->ended()) leaving_.reset();
  const auto quiet = now.steady - last_audio_;
  switch (status_.state) {
    case SourceState::waiting:
      if (now.steady >= wait_until_) start(now);
      break;
    case SourceState::starting:
      if (child_ && now.steady - state_since_ >= kFirstAudioWithin)
        fail(now, concat("no audio within ", kFirstAudioWithin.count() / 1000, " s",
                         error_line_.empty() ? "" : ": ", error_line_));
      break;
    case SourceState::listening:
    case SourceState::silent:
      if (child_ && quiet >= ms(spec_.stall_s)) {
        change(now, SourceState::stalled, concat("no audio for ", readable_seconds(spec_.stall_s)));
        fail(now, status_.reason);
      } else if (status_.state == SourceState::silent && spec_.zeros == "restart" && child_ &&
                 now.steady - state_since_ >= kDeadAfter) {
        fail(now, "still silent");
      }
      break;
    case SourceState::stalled:
    case SourceState::ended: break;
  }
}

}  // namespace pupil::listen
