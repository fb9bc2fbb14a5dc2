// SPDX-License-Identifier: Apache-2.0
// What more verdicts would bring, class by class, as the last `pupil label` expects, from those that there were
// (DIR/label/verdicts.json, docs/teachers.md): says where to go on and where to stop.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace pupil::review {

struct ClassOutlook {
  std::string name;
  std::int64_t verdict_count = 0;
  double accuracy_now = 0;   ///< share of labels like the judged ones that is right, in [0, 1]
  double accuracy_more = 0;  ///< with `more_count` more verdicts
  double gain_error = 0;     ///< half the 95 % interval of the difference
  std::int64_t more_count = 0;
  bool enough = false;  ///< more are not expected to bring a point
};

/// Empty: too few verdicts were held out, or nothing was labelled with them yet. A file that is damaged is said and
/// passed over.
std::vector<ClassOutlook> read_outlook(const std::filesystem::path& project_dir);

Json outlook_json(const std::vector<ClassOutlook>& outlook);
/// "10 more would lift it from 81 to 86 % (+- 3)", or that it is enough.
std::string outlook_text(const ClassOutlook& outlook);

}  // namespace pupil::review
