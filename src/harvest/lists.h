// SPDX-License-Identifier: Apache-2.0
// Lists of addresses: one per line, or AudioSet's segments.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "corpus/web_items.h"

namespace pupil::harvest {

/// One address per line; blanks at the ends, empty lines and lines with '#' in front are passed over. Error, with the
/// line: not an address with http or https.
std::vector<corpus::WebItem> read_url_list(std::string_view text, const std::string& name);

/// AudioSet's form: lines with '#' in front, then YTID, start_seconds, end_seconds, "m1,m2". Every stretch is an item, all
/// of a video are one recording. `names` (class_labels_indices.csv: index, mid, display_name) may be empty: then the
/// labels are mids. Error, with the line: a column is missing, a number is none, an end not behind its start.
std::vector<corpus::WebItem> read_segments(std::string_view text, const std::string& name,
                                           std::string_view names);

}  // namespace pupil::harvest
