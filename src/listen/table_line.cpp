// SPDX-License-Identifier: Apache-2.0
#include "listen/table_line.h"

#include "base/text.h"

namespace pupil::listen {

std::string table_line(std::span<const std::string> fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += '\t';
    std::string text;
    for (const char c : field) {
      text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
      if (c == '"') text += '"';
    }
    line += text.size() != field.size() ? concat('"', text, '"') : text;
  }
  line += '\n';
  return line;
}

std::vector<std::string> table_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += c;
      ++i;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == '\t' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace pupil::listen
