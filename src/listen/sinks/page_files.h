// SPDX-License-Identifier: Apache-2.0
// The live page's files, which the build puts into the program (page_files.cpp.in).

#pragma once

#include <string_view>

namespace pupil::listen {

/// "index.html", "live.js", "live.css"; empty for another name.
std::string_view page_file_text(std::string_view name);

}  // namespace pupil::listen
