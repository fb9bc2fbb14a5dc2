// SPDX-License-Identifier: Apache-2.0
// The parts of the page, one function each: HTML of what report.json says, or one line that it says nothing.
// Inside this module alone.

#pragma once

#include <string>

#include "base/json.h"
#include "report/chart.h"
#include "report/page.h"

namespace pupil::report {

// sections_data.cpp
std::string collection_section(const Json& report);
std::string separation_section(const Json& report, const Media& media);
std::string teacher_section(const Json& report, const Media& media);
std::string curation_section(const Json& report);

// sections_student.cpp
std::string training_section(const Json& report);
std::string cost_section(const Json& report);
std::string comparison_section(const Json& report);
std::string provenance_section(const Json& report);

// sections_quality.cpp
std::string summary_section(const Json& report);
std::string retained_section(const Json& report);
std::string confusion_section(const Json& report);
std::string classes_section(const Json& report);

// sections_field.cpp
std::string calibration_section(const Json& report);
std::string thresholds_section(const Json& report);
std::string noise_section(const Json& report);
std::string alarms_section(const Json& report);

/// The part of "splits" that a report is about: clips against given labels where there are any, else against
/// the teacher; of test recordings, else of validation ones, else of those given with --data.
struct Judged {
  const Json* part = nullptr;  ///< null: there is none
  std::string split;
  bool against_truth = false;
  std::string words() const;  ///< "63 test clips, against given labels"
};
Judged judged_part(const Json& report);

/// "<p class=absent>...": a part that is not there.
std::string absent(std::string_view why);
/// A chart with its caption, in a box.
std::string figure(std::string_view caption, const std::string& chart, const std::string& table = "");
/// A bar chart in a box, or its halves in two beside each other where it would be longer than a screen.
std::string bar_figures(std::string_view caption, const BarChart& chart, const std::string& table);
/// Boxes side by side where there is room.
std::string columns(const std::string& figures);
/// "1,234"; "–" for NaN.
std::string whole(double value);
/// "3 h 05 min"; "–" for NaN.
std::string duration(double seconds);

}  // namespace pupil::report
