// SPDX-License-Identifier: Apache-2.0
// Takes the tables of a TOML file, and the keys of one, into the fields of structs that list them in visit(). Used by
// pupil.toml and listen.toml.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "base/toml.h"

namespace pupil {

/// Where a value is, for errors.
struct TomlPlace {
  std::string_view file;
  std::string section;

  /// "FILE:LINE: [SECTION] KEY: MESSAGE"
  [[noreturn]] void fail(const TomlNode& node, std::string_view key, std::string_view message) const;
};

/// Gives an older name of a key, which is read with a warning, or an empty text.
using FormerKey = std::string_view (*)(std::string_view section, std::string_view key);

/// The visitor. Absent keys leave their fields as they are. Error with file, line and key: a wrong type, a value out of
/// range or not among the choices; from finish(): a key that no field took, with the nearest known one.
class TomlSection {
 public:
  /// `table` must be one, and outlive this object.
  TomlSection(const TomlNode& table, TomlPlace place, FormerKey former_key = nullptr)
      : table_(table), place_(std::move(place)), former_key_(former_key) {}

  void operator()(std::string_view key, std::string& field, std::string_view) { read(key, field); }
  void operator()(std::string_view key, std::string& field, Choices choices, std::string_view);
  void operator()(std::string_view key, bool& field, std::string_view) { read(key, field); }
  void operator()(std::string_view key, std::int64_t& field, Range range, std::string_view);
  void operator()(std::string_view key, double& field, Range range, std::string_view);
  void operator()(std::string_view key, std::vector<std::string>& field, std::string_view) {
    strings(key, field);
  }
  /// Tables within the table, each read by its own visit(); fault() says what is wrong with one, if anything.
  template <typename Section>
  requires requires(Section section, TomlSection& reader) { section.visit(reader); }
  void operator()(std::string_view key, std::vector<Section>& field, std::string_view) {
    const TomlNode* node = take(key);
    if (node == nullptr) return;
    for (const TomlNode& element : array(*node, key)) {
      if (!element.is_table()) place_.fail(element, key, expected("a table", element));
      TomlSection reader(element, {place_.file, place_.section + "." + std::string(key)}, former_key_);
      Section& section = field.emplace_back();
      section.visit(reader);
      reader.finish();
      if (!section.fault().empty()) place_.fail(element, key, section.fault());
    }
  }

  void strings(std::string_view key, std::vector<std::string>& field);
  void finish() const;

  const TomlPlace& place() const { return place_; }

 private:
  static std::string expected(std::string_view wanted, const TomlNode& node);
  const TomlNode* take(std::string_view key);
  const TomlNode* take_former(std::string_view key);
  const TomlNode::Array& array(const TomlNode& node, std::string_view key) const;
  const std::string& string(const TomlNode& node, std::string_view key) const;
  // Null when the key is absent; then the default stays.
  const TomlNode* read(std::string_view key, std::string& field);
  const TomlNode* read(std::string_view key, bool& field);
  void check_range(const TomlNode& node, std::string_view key, double value, Range range) const;

  const TomlNode& table_;
  TomlPlace place_;
  FormerKey former_key_;
  std::set<std::string_view> known_;
};

/// The tables of a file, which remembers the ones it was asked for. Errors: as TomlSection; from finish(): a key of the
/// file that nobody asked for, with the nearest known one.
class TomlFile {
 public:
  /// `root` and `file` outlive this object.
  TomlFile(const TomlNode& root, std::string_view file, FormerKey former_key = nullptr)
      : root_(root), file_(file), former_key_(former_key) {}

  /// Null when the key is absent.
  const TomlNode* find(std::string_view name);

  /// [name], if it is there.
  template <typename Section>
  void section(std::string_view name, Section& section, std::string_view) {
    if (const TomlNode* node = table(name)) read(*node, name, section);
  }

  /// Each [[name]] is read into a new element, then `check(element, fail)` may call fail(key, message).
  template <typename Element, typename Check>
  void tables(std::string_view name, std::vector<Element>& elements, const Check& check) {
    const TomlPlace place{file_, std::string(name)};
    for (const TomlNode& table : array_of_tables(name)) {
      read(table, name, elements.emplace_back());
      check(elements.back(), [&](std::string_view key, std::string_view message) {
        const TomlNode* value = table.find(key);
        place.fail(value != nullptr ? *value : table, key, message);
      });
    }
  }

  /// All [[name]]; empty when there is none.
  const TomlNode::Array& array_of_tables(std::string_view name);

  void finish() const;

 private:
  template <typename Section>
  void read(const TomlNode& node, std::string_view name, Section& section) {
    TomlSection reader(node, {file_, std::string(name)}, former_key_);
    section.visit(reader);
    reader.finish();
  }
  const TomlNode* table(std::string_view name);

  const TomlNode& root_;
  std::string_view file_;
  FormerKey former_key_;
  std::set<std::string_view> known_;
};

}  // namespace pupil
