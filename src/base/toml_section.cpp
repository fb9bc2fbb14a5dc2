// SPDX-License-Identifier: Apache-2.0
#include "base/toml_section.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace pupil {

void TomlPlace::fail(const TomlNode& node, std::string_view key, std::string_view message) const {
  throw Error(concat(file, ":", node.line, ": [", section, "] ", key, ": ", message));
}

std::string TomlSection::expected(std::string_view wanted, const TomlNode& node) {
  return concat("expected ", wanted, ", found ", node.kind());
}

void TomlSection::operator()(std::string_view key, std::string& field, Choices choices, std::string_view) {
  const TomlNode* node = read(key, field);
  if (node == nullptr) return;
  std::string list;
  for (const std::string_view choice : choices) {
    if (choice == field) return;
    list += concat(list.empty() ? "" : ", ", "\"", choice, "\"");
  }
  place_.fail(*node, key, concat("\"", field, "\" is not known; choose one of ", list));
}

void TomlSection::operator()(std::string_view key, std::int64_t& field, Range range, std::string_view) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  if (!node->is_integer()) place_.fail(*node, key, expected("an integer", *node));
  field = node->integer();
  check_range(*node, key, static_cast<double>(field), range);
}

void TomlSection::operator()(std::string_view key, double& field, Range range, std::string_view) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  if (!node->is_number()) place_.fail(*node, key, expected("a number", *node));
  field = node->number();
  check_range(*node, key, field, range);
}

void TomlSection::strings(std::string_view key, std::vector<std::string>& field) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  for (const TomlNode& element : array(*node, key)) field.push_back(string(element, key));
}

void TomlSection::finish() const {
  for (const auto& [key, node] : table_.table()) {
    if (known_.contains(key)) continue;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    place_.fail(node, key, concat("unknown key", did_you_mean(key, names)));
  }
}

const TomlNode* TomlSection::take(std::string_view key) {
  known_.insert(key);
  const TomlNode* node = table_.find(key);
  return node != nullptr ? node : take_former(key);
}

const TomlNode* TomlSection::take_former(std::string_view key) {
  const std::string_view former = former_key_ == nullptr ? "" : former_key_(place_.section, key);
  const TomlNode* node = former.empty() ? nullptr : table_.find(former);
  if (node == nullptr) return nullptr;
  known_.insert(former);
  log_warning(concat(place_.file, ":", node->line, ": [", place_.section, "] ", former, " is called `", key,
                     "` now"));
  return node;
}

const TomlNode::Array& TomlSection::array(const TomlNode& node, std::string_view key) const {
  if (!node.is_array()) place_.fail(node, key, expected("an array", node));
  return node.array();
}

const std::string& TomlSection::string(const TomlNode& node, std::string_view key) const {
  if (!node.is_string()) place_.fail(node, key, expected("a string", node));
  // Paths and names would silently end there.
  if (node.string().find('\0') != std::string::npos) place_.fail(node, key, "has a NUL character");
  return node.string();
}

const TomlNode* TomlSection::read(std::string_view key, std::string& field) {
  const TomlNode* node = take(key);
  if (node != nullptr) field = string(*node, key);
  return node;
}

const TomlNode* TomlSection::read(std::string_view key, bool& field) {
  const TomlNode* node = take(key);
  if (node == nullptr) return nullptr;
  if (!node->is_boolean()) place_.fail(*node, key, expected("true or false", *node));
  field = node->boolean();
  return node;
}

void TomlSection::check_range(const TomlNode& node, std::string_view key, double value, Range range) const {
  if (value >= range.low && value <= range.high) return;  // false for NaN
  place_.fail(node, key, concat(value, " is out of range, ", range.low, " to ", range.high, " are allowed"));
}

const TomlNode* TomlFile::find(std::string_view name) {
  known_.insert(name);
  return root_.find(name);
}

const TomlNode* TomlFile::table(std::string_view name) {
  const TomlNode* node = find(name);
  if (node != nullptr && !node->is_table())
    TomlPlace{file_, std::string(name)}.fail(*node, name, concat("expected a table, found ", node->kind()));
  return node;
}

const TomlNode::Array& TomlFile::array_of_tables(std::string_view name) {
  static const TomlNode::Array kNone;
  const TomlNode* node = find(name);
  if (node == nullptr) return kNone;
  if (!node->is_array_of_tables())
    TomlPlace{file_, std::string(name)}.fail(*node, name, concat("expected [[", name, "]] tables"));
  return node->array();
}

void TomlFile::finish() const {
  const std::vector<std::string_view> names(known_.begin(), known_.end());
  for (const auto& [key, node] : root_.table()) {
    if (known_.contains(key)) continue;
    throw Error(
        concat(file_, ":", node.line, ": ", key, ": unknown key or section", did_you_mean(key, names)));
  }
}

}  // namespace pupil
