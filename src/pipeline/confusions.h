// SPDX-License-Identifier: Apache-2.0
// Which other sounds a model takes for its classes, by name and with words to search for them: what pupil collect
// --hard-negatives reads from the report.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// False alarms by what sounded and what it was taken for.
class Confusions {
 public:
  /// `count` false alarms of reported class `taken_for` while `sound` sounded, a broad group or a negative of the project.
  void add(const SoundClass& sound, std::size_t taken_for, std::int64_t count);

  /// For report.json: a row for each sound that set off any, most false alarms first: sound, taken_for (names, most first),
  /// false_alarms, prompts. `class_names`: those of the model.
  Json json(std::span<const std::string> class_names) const;

 private:
  struct Row {
    std::vector<std::string> prompts;
    std::map<std::size_t, std::int64_t> counts;  // by reported class
  };
  std::map<std::string, Row> rows_;
};

}  // namespace pupil::pipeline
