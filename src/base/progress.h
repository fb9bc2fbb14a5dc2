// SPDX-License-Identifier: Apache-2.0
// Progress of long work: rate and remaining time on a terminal, one line at the end elsewhere.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pupil {

void redraw_progress();

/// What stands before every bar and closing line from now on ("[3/7] "), and the seconds expected of what comes
/// after the bar's own work: then the bar tells the time left for all. Empty and 0: a bar stands alone.
void set_progress_frame(std::string prefix, double later_s);

/// One piece of long work of `total` items. On a terminal a bar is redrawn in place, at most ten times a
/// second; when standard error is a file or a pipe, finish() prints one line. At most one is shown at a
/// time: the last one constructed. Threads: any may call advance() and set_note().
class Progress {
 public:
  /// `total` 0: not known, only a count is shown. `unit` is plural: "clips".
  Progress(std::string label, std::int64_t total, std::string unit);
  /// Ends the bar as finish() does, if that was not called.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::int64_t count = 1);
  /// Text behind the bar: a loss, a file's name.
  void set_note(std::string note);
  /// Prints the closing line with count, time and rate. Later calls do nothing.
  void finish();

  std::int64_t done() const;
  double elapsed_s() const;

 private:
  friend void redraw_progress();
  std::string line(int columns) const;
  void draw();

  const std::string label_;
  const std::int64_t total_;
  const std::string unit_;
  std::string note_;
  std::int64_t done_ = 0;
  bool finished_ = false;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace pupil
