// The metrics of a training, one JSON object per line.

#pragma once

#include <cstdint>
#include <filesystem>

#include "base/json.h"

namespace pupil {

class MetricsFile {
 public:
  /// Keeps the lines of `path` whose "step" is at most `step` (a resumed training repeats what came later)
  /// and drops a torn last one; makes the file when there is none. Error: it cannot be written.
  MetricsFile(std::filesystem::path path, std::int64_t step);

  void append(const Json& line);

 private:
  std::filesystem::path path_;
};

/// The lines of a metrics file. Error: no such file.
Json::Array read_metrics(const std::filesystem::path& path);

}  // namespace pupil
