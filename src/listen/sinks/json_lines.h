// SPDX-License-Identifier: Apache-2.0
// Sink: one line of JSON (payload.h) per event that is over, near miss and change of a source; to standard output, or to a
// file that is rotated. No line is ever cut: what a full disk does not take whole is taken back and counted.

#pragma once

#include <cstdint>
#include <string>

#include "base/range.h"
#include "listen/sink.h"

namespace pupil::listen {

/// [[sink]] kind = "json".
struct JsonLinesOptions {
  std::string path = "-";
  std::int64_t max_bytes = 10'000'000;
  std::int64_t keep = 3;
  bool events = true;
  bool near_misses = false;
  bool sources = true;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("path", path, "File, or \"-\": standard output.");
    v("max_bytes", max_bytes, Range{1000, 1e12}, "Then FILE becomes FILE.1, and that FILE.2.");
    v("keep", keep, Range{0, 1000}, "How many older files are kept.");
    v("events", events, "A line for each event that is over.");
    v("near_misses", near_misses, "And for each near miss.");
    v("sources", sources, "And for each change of a source.");
  }
};

class JsonLines final : public Sink {
 public:
  /// Error: the file cannot be opened.
  explicit JsonLines(const JsonLinesOptions& options);
  ~JsonLines() override;

  void source_changed(const SourceStatus& status) override;
  void event_ended(const Event& event) override;
  void near_miss(const NearMiss& miss) override;
  /// Opens the file again when another program has moved or removed it.
  void tick(Time now) override;

 private:
  bool is_file() const { return options_.path != "-"; }
  bool open();
  void write(std::string line);
  bool append(const std::string& line);
  void rotate();
  void lose();

  JsonLinesOptions options_;
  int file_ = -1;
  std::int64_t size_bytes_ = 0;
  std::int64_t lost_count_ = 0;  ///< in the outage that lasts
};

}  // namespace pupil::listen
