// SPDX-License-Identifier: Apache-2.0
// The progress bar and the log share the terminal: one mutex, g_terminal, guards both and all that changes in
// a Progress. A message first wipes the bar's line, then prints, then draws the bar again. redraw_progress()
// and draw() take no lock: their callers hold it.

#include "base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/quietly.h"
#include "base/text.h"

namespace pupil {
namespace {

std::mutex g_terminal;
Progress* g_shown = nullptr;  // guarded by g_terminal
std::string g_prefix;         // guarded by g_terminal
double g_later_s = 0.0;       // guarded by g_terminal
LogLevel g_level = LogLevel::normal;

bool on_terminal() {
  static const bool value = isatty(STDERR_FILENO) == 1;
  return value;
}

int terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void print_line(std::string_view prefix, std::string_view message) {
  const std::lock_guard lock(g_terminal);
  if (g_shown != nullptr && on_terminal()) std::fputs("\r\x1b[K", stderr);
  std::fprintf(stderr, "%.*s%.*s\n", static_cast<int>(prefix.size()), prefix.data(),
               static_cast<int>(message.size()), message.data());
  redraw_progress();
}

}  // namespace

// The caller holds g_terminal.
void redraw_progress() {
  if (g_shown != nullptr && on_terminal()) g_shown->draw();
}

void set_log_level(LogLevel level) {
  g_level = level;
}
LogLevel log_level() {
  return g_level;
}

void log_debug(std::string_view message) {
  if (g_level == LogLevel::verbose) print_line("", message);
}

void log_info(std::string_view message) {
  if (g_level != LogLevel::quiet) print_line("", message);
}

void log_warning(std::string_view message) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> printed;
  {
    const std::lock_guard lock(mutex);
    if (!printed.emplace(message).second) return;
  }
  print_line("warning: ", message);
}

void log_warnings(std::span<const std::string> messages) {
  constexpr std::size_t kPrinted = 20;
  for (const std::string& message : messages.first(std::min(messages.size(), kPrinted))) log_warning(message);
  if (messages.size() > kPrinted)
    log_warning("and " + with_thousands(static_cast<std::int64_t>(messages.size() - kPrinted)) +
                " more like these");
}

void set_progress_frame(std::string prefix, double later_s) {
  const std::lock_guard lock(g_terminal);
  g_prefix = std::move(prefix);
  g_later_s = later_s;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      start_(std::chrono::steady_clock::now()) {
  const std::lock_guard lock(g_terminal);
  g_shown = this;
  redraw_progress();
}

Progress::~Progress() {
  quietly([this] { finish(); });
}

void Progress::advance(std::int64_t count) {
  const std::lock_guard lock(g_terminal);
  done_ += count;
  if (std::chrono::steady_clock::now() - last_draw_ < std::chrono::milliseconds(100)) return;
  if (g_shown == this) redraw_progress();
}

void Progress::set_note(std::string note) {
  const std::lock_guard lock(g_terminal);
  note_ = std::move(note);
}

void Progress::finish() {
  const std::lock_guard lock(g_terminal);
  if (finished_) return;
  finished_ = true;
  if (g_shown == this) g_shown = nullptr;
  if (g_level == LogLevel::quiet) {
    if (on_terminal()) std::fputs("\r\x1b[K", stderr);
    return;
  }
  const double seconds = elapsed_s();
  const double rate = seconds > 0.0 ? static_cast<double>(done_) / seconds : 0.0;
  const std::string text =
      concat(g_prefix, label_, ": ", with_thousands(done_), " ", unit_, " in ", readable_seconds(seconds),
             " (", fixed(rate, rate < 10 ? 1 : 0), "/s)", note_.empty() ? "" : ", ", note_);
  std::fprintf(stderr, "%s%s\n", on_terminal() ? "\r\x1b[K" : "", text.c_str());
}

std::int64_t Progress::done() const {
  const std::lock_guard lock(g_terminal);
  return done_;
}

double Progress::elapsed_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::string Progress::line(int columns) const {
  const double seconds = elapsed_s();
  const double rate = seconds > 0.0 ? static_cast<double>(done_) / seconds : 0.0;
  std::string text = concat(g_prefix, label_, " ", with_thousands(done_));
  if (total_ > 0) {
    constexpr int kBarCells = 20;
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const int filled = static_cast<int>(share * kBarCells);
    text = concat(g_prefix, label_, " [", std::string(filled, '#'), std::string(kBarCells - filled, '.'),
                  "] ", with_thousands(done_), "/", with_thousands(total_));
  }
  text += concat(" ", unit_, ", ", fixed(rate, rate < 10 ? 1 : 0), "/s");
  if (total_ > 0 && rate > 0.0) {
    const double left_s = std::max(0.0, static_cast<double>(total_ - done_) / rate);
    text += concat(", ", readable_seconds(left_s), " left");
    if (g_later_s > 0.0) text += concat(" (in all ", readable_seconds(left_s + g_later_s), ")");
  }
  if (!note_.empty()) text += concat(", ", note_);
  if (static_cast<int>(text.size()) >= columns) text.resize(static_cast<std::size_t>(columns - 1));
  return text;
}

void Progress::draw() {
  last_draw_ = std::chrono::steady_clock::now();
  std::fprintf(stderr, "\r\x1b[K%s", line(terminal_columns()).c_str());
  std::fflush(stderr);
}

}  // namespace pupil
