// SPDX-License-Identifier: Apache-2.0
// The metrics of a training, one JSON object per line.

#pragma once

#include <cstdint>
#include <filesystem>

#include "base/json.h"

namespace pupil {

class MetricsFile {
 public:
  /// Keeps the lines of `path` whose "step" is at most `step` (a resumed training repeats what came later)
  /// and drops a torn last one; makes the file when there is none. The file is replaced whole: a kill leaves the
  /// old one or the new one. Error: another line is no JSON object. DiskError: it cannot be written.
  MetricsFile(std::filesystem::path path, std::int64_t step);

  /// DiskError: it cannot be written.
  void append(const Json& line);

 private:
  std::filesystem::path path_;
};

/// The lines of a metrics file, a torn last one left out (a training may have been killed, or be writing it).
/// Error: no such file, or another line is no JSON.
Json::Array read_metrics(const std::filesystem::path& path);

}  // namespace pupil
