// SPDX-License-Identifier: Apache-2.0
// Lines of the home's tables: fields divided by tabs, quoted as in CSV where they hold a tab, a quote or a line break, so
// that spreadsheets and src/corpus read them.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::listen {

/// With the line break. Control characters become blanks: a line is a line.
std::string table_line(std::span<const std::string> fields);

/// The fields of a line without its break; a quote that is never closed ends with the line.
std::vector<std::string> table_fields(std::string_view line);

}  // namespace pupil::listen
