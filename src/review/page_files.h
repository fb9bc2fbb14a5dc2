// SPDX-License-Identifier: Apache-2.0
// The review page's files, which the build puts into the program (page_files.cpp.in).

#pragma once

#include <string_view>

namespace pupil::review {

/// "index.html", "review.js", "review.css"; empty for another name.
std::string_view page_file_text(std::string_view name);

}  // namespace pupil::review
