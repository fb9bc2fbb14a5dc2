// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/gauges.h"

#include "base/text.h"

namespace pupil::listen {

void Gauges::set(std::string_view name, std::string_view help, double value, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[std::string(name)];
  family.help = help;
  family.values[std::string(labels)] = value;
}

void Gauges::add(std::string_view name, std::string_view help, double value, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[std::string(name)];
  family.help = help;
  family.values[std::string(labels)] += value;
}

std::string Gauges::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += concat("# HELP ", name, " ", family.help, "\n# TYPE ", name,
                  name.ends_with("_total") ? " counter\n" : " gauge\n");
    for (const auto& [labels, value] : family.values)
      out += labels.empty() ? concat(name, " ", value, "\n") : concat(name, "{", labels, "} ", value, "\n");
  }
  return out;
}

std::string label(std::string_view name, std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return concat(name, "=\"", escaped, "\"");
}

}  // namespace pupil::listen
