// SPDX-License-Identifier: Apache-2.0
// The report's page: one HTML file that needs nothing else, drawn from report.json.
//
// What is drawn is what report.json says (src/pipeline/evaluate_stage.h writes both); the page adds nothing of its
// own. A part that is absent, or null, is said to be absent in one line.

#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace pupil::report {

/// A sound to look at and listen to, as data URIs.
struct Snippet {
  std::string picture;
  std::string audio;
};

/// By the names that report.json uses ("media", "before", "after").
using Media = std::map<std::string, Snippet>;

/// The page's HTML. Text of the report is escaped, whatever it holds. The same report and media, the same
/// bytes.
std::string page(const Json& report, const Media& media);

}  // namespace pupil::report
