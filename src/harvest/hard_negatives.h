// SPDX-License-Identifier: Apache-2.0
// What the last report confused with the project's classes, as words to search for.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "project/project_file.h"

namespace pupil::harvest {

/// A sound that is none of the reported classes and was taken for one.
struct Confusion {
  SoundClass sound;                    ///< a broad group or one of [[negative]]: its name and its prompts
  std::vector<std::string> taken_for;  ///< reported classes, most false alarms first
  std::int64_t false_alarm_count = 0;
};

/// Reads DIR/report/report.json: most false alarms first. Error, one line with the command that mends it: there is no report, it
/// is of another model than DIR/model has now, it says nothing of confusions (written by an earlier pupil), or is damaged.
std::vector<Confusion> read_confusions(const Project& project);

}  // namespace pupil::harvest
