// SPDX-License-Identifier: Apache-2.0
// Writes structs that list their keys in visit() as a commented TOML file: what toml_section.h reads.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "base/text.h"

namespace pupil {

/// The visitor. Every key stands behind a #, below its comment, with its present value; lists are written empty.
class TomlWriter {
 public:
  template <typename Section>
  void section(std::string_view name, Section& section, std::string_view comment) {
    text += concat("\n# ", comment, "\n[", name, "]\n");
    section.visit(*this);
  }
  /// A [[name]] that begins with `given`: lines that count.
  template <typename Section>
  void table(std::string_view name, Section section, std::string_view comment, std::string_view given) {
    text += concat("\n# ", comment, "\n[[", name, "]]\n", given);
    section.visit(*this);
  }
  void operator()(std::string_view key, const std::string& field, std::string_view comment) {
    line(key, concat("\"", field, "\""), comment);
  }
  void operator()(std::string_view key, const std::string& field, Choices, std::string_view comment) {
    (*this)(key, field, comment);
  }
  void operator()(std::string_view key, bool field, std::string_view comment) {
    line(key, field ? "true" : "false", comment);
  }
  void operator()(std::string_view key, std::int64_t field, Range, std::string_view comment) {
    line(key, concat(field), comment);
  }
  void operator()(std::string_view key, double field, Range, std::string_view comment) {
    std::string number = concat(field);
    if (number.find_first_of(".e") == std::string::npos) number += ".0";
    line(key, number, comment);
  }
  template <typename Element>
  void operator()(std::string_view key, const std::vector<Element>&, std::string_view comment) {
    line(key, "[]", comment);
  }

  std::string text;

 private:
  void line(std::string_view key, std::string_view value, std::string_view comment) {
    text += concat("# ", comment, "\n#", key, " = ", value, "\n");
  }
};

}  // namespace pupil
