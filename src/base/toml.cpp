// SPDX-License-Identifier: Apache-2.0
// One pass over the text. Rules that the grammar does not show:
//
// 1. A header's path makes tables on its way (implicit); a later header may name such a table, once (header).
// 2. Tables made by a dotted key (dotted) take further dotted keys of the same section, no header of their own.
// 3. An inline table or array is whole where it stands: nothing adds to it (value).
// 4. section_ points into root_. It stays valid while a section is read: only what is below it grows.

#include "base/toml.h"

#include <cstdlib>

#include "base/copied.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

namespace pupil {
namespace {

using Origin = TomlNode::Origin;

constexpr int kMaxTomlDepth = 64;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {
    root_.value = TomlNode::Table{};
    root_.origin = Origin::header;
    section_ = &root_;
  }

  TomlNode parse() {
    check_encoding();
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    for (skip_lines(); !at_end(); skip_lines()) {
      if (peek() == '[') {
        header();
      } else {
        key_value(section_);
      }
      end_of_line();
    }
    return std::move(root_);
  }

 private:
  [[noreturn]] void fail(std::string_view message) const {
    throw Error(concat(name_, ":", line_, ": ", message));
  }

  void check_encoding() {
    for (std::size_t i = 0; i < text_.size();) {
      const Utf8Char next = utf8_at(text_, i);
      if (next.size_bytes == 0) fail("is not UTF-8");
      if (text_[i] == '\n') ++line_;
      i += next.size_bytes;
    }
    line_ = 1;
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  std::string found() const {
    if (at_end()) return "the end of the file";
    const char c = peek();
    if (c == '\n' || c == '\r') return "the end of the line";
    return concat("'", text_.substr(at_, utf8_at(text_, at_).size_bytes), "'");
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  bool line_end() {
    if (!take("\n") && !take("\r\n")) return false;
    ++line_;
    return true;
  }
  void comment() {
    if (peek() != '#') return;
    for (; !at_end() && peek() != '\n'; ++at_) {
      const char c = peek();
      const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
      if (control && !(c == '\r' && peek(1) == '\n')) fail("a control character in a comment");
    }
  }
  // Blank lines and comments.
  void skip_lines() {
    do {
      skip_blanks();
      comment();
    } while (line_end());
  }
  void end_of_line() {
    skip_blanks();
    comment();
    if (!at_end() && !line_end()) fail(concat("expected the end of the line, found ", found()));
  }

  std::string key_part() {
    if (peek() == '"' || peek() == '\'') {
      if (take("\"\"\"") || take("'''")) fail("a key cannot be of several lines");
      return peek() == '"' ? basic_string() : literal_string();
    }
    const std::size_t begin = at_;
    while (is_bare(peek())) ++at_;
    if (at_ == begin) fail(concat("expected a key, found ", found()));
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::vector<std::string> key_path() {
    std::vector<std::string> path;
    do {
      skip_blanks();
      path.push_back(key_part());
      skip_blanks();
    } while (take("."));
    return path;
  }

  static TomlNode* find(TomlNode* table, std::string_view key) {
    return const_cast<TomlNode*>(std::as_const(*table).find(key));
  }

  TomlNode* add(TomlNode* table, const std::string& key, Origin origin) const {
    TomlNode& node = std::get<TomlNode::Table>(table->value).emplace_back(key, TomlNode{}).second;
    node.line = line_;
    node.origin = origin;
    return &node;
  }

  // The table `key` within `table`, made where there is none; of an array of tables the latest.
  TomlNode* step_into(TomlNode* table, const std::string& key) const {
    TomlNode* next = find(table, key);
    if (next == nullptr) return add(table, key, Origin::implicit);
    if (next->is_array_of_tables()) return &std::get<TomlNode::Array>(next->value).back();
    if (!next->is_table() || next->origin == Origin::value)
      fail(concat("'", key, "' is no table that can be added to"));
    return next;
  }

  void header() {
    const bool is_array = take("[[");
    if (!is_array) take("[");
    const std::vector<std::string> path = key_path();
    if (!take(is_array ? "]]" : "]")) fail(concat("expected ", is_array ? "]]" : "]", ", found ", found()));
    if (path.size() > kMaxTomlDepth) fail("nested too deep");
    TomlNode* table = &root_;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) table = step_into(table, path[i]);
    section_ = is_array ? open_element(table, path.back()) : open_table(table, path.back());
  }

  TomlNode* open_table(TomlNode* parent, const std::string& key) const {
    TomlNode* table = find(parent, key);
    if (table == nullptr) return add(parent, key, Origin::header);
    if (table->origin != Origin::implicit) fail(concat("[", key, "] is given twice"));
    table->origin = Origin::header;
    table->line = line_;
    return table;
  }

  TomlNode* open_element(TomlNode* parent, const std::string& key) const {
    TomlNode* array = find(parent, key);
    if (array == nullptr) {
      array = add(parent, key, Origin::array_of_tables);
      array->value = TomlNode::Array{};
    }
    if (!array->is_array_of_tables()) fail(concat("[[", key, "]] is something else already"));
    TomlNode& element = std::get<TomlNode::Array>(array->value).emplace_back();
    element.line = line_;
    element.origin = Origin::header;
    return &element;
  }

  void key_value(TomlNode* table) {
    const std::vector<std::string> path = key_path();
    if (path.size() > kMaxTomlDepth) fail("nested too deep");
    if (!take("=")) fail(concat("expected = after the key, found ", found()));
    skip_blanks();
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      TomlNode* next = find(table, path[i]);
      if (next == nullptr) next = add(table, path[i], Origin::dotted);
      if (!next->is_table() || next->origin != Origin::dotted)
        fail(concat("'", path[i], "' is no table that can be added to"));
      table = next;
    }
    if (find(table, path.back()) != nullptr) fail(concat("'", path.back(), "' is given twice"));
    const std::int32_t line = line_;
    TomlNode node = value();
    node.line = line;
    std::get<TomlNode::Table>(table->value).emplace_back(path.back(), std::move(node));
  }

  TomlNode value() {
    TomlNode node;
    node.line = line_;
    if (peek() == '"') {
      node.value = take("\"\"\"") ? long_string('"') : basic_string();
    } else if (peek() == '\'') {
      node.value = take("'''") ? long_string('\'') : literal_string();
    } else if (peek() == '[') {
      node.value = array();
    } else if (peek() == '{') {
      node.value = inline_table();
    } else {
      word(node);
    }
    return node;
  }

  TomlNode::Array array() {
    if (++depth_ > kMaxTomlDepth) fail("nested too deep");
    TomlNode::Array elements;
    take("[");
    for (skip_lines(); !take("]"); skip_lines()) {
      elements.push_back(value());
      skip_lines();
      if (take(",")) continue;
      if (peek() != ']') fail(concat("expected , or ] in an array, found ", found()));
    }
    --depth_;
    return elements;
  }

  TomlNode::Table inline_table() {
    if (++depth_ > kMaxTomlDepth) fail("nested too deep");
    TomlNode table;
    take("{");
    skip_blanks();
    for (bool more = !take("}"); more;) {
      key_value(&table);
      skip_blanks();
      more = take(",");
      if (!more && !take("}")) fail(concat("expected , or } in an inline table, found ", found()));
      skip_blanks();
    }
    --depth_;
    return std::get<TomlNode::Table>(std::move(table.value));
  }

  void check_character(char c) const {
    const auto byte = static_cast<unsigned char>(c);
    if (at_end()) fail("a string is not closed");
    if (c == '\n' || c == '\r') fail("a string is not closed at the end of its line");
    if ((byte < 0x20 && c != '\t') || byte == 0x7f)
      fail("a control character in a string: write it as \\u00XX");
  }

  std::string basic_string() {
    std::string text;
    for (take("\""); !take("\"");) {
      check_character(peek());
      if (take("\\")) {
        escape(text);
      } else {
        text += text_[at_++];
      }
    }
    return text;
  }

  std::string literal_string() {
    std::string text;
    for (take("'"); !take("'");) {
      check_character(peek());
      text += text_[at_++];
    }
    return text;
  }

  // Behind the opening quotes; a line break right after them is not part of it. Up to two quotes may stand before the
  // closing ones.
  std::string long_string(char quote) {
    const std::string quotes(3, quote);
    std::string text;
    line_end();
    for (;;) {
      if (text_.substr(at_).starts_with(quotes)) {
        while (peek(3) == quote && extra_quotes(text, quote) < 2) text += text_[at_++];
        at_ += 3;
        return text;
      }
      if (line_end()) {
        text += '\n';
      } else if (quote == '"' && take("\\")) {
        if (!line_continues()) escape(text);
      } else {
        check_character(peek());
        text += text_[at_++];
      }
    }
  }

  static int extra_quotes(const std::string& text, char quote) {
    int count = 0;
    for (auto letter = text.rbegin(); letter != text.rend() && *letter == quote; ++letter) ++count;
    return count;
  }

  // A backslash before the end of a line takes the break and what is blank after it away.
  bool line_continues() {
    const std::size_t begin = at_;
    skip_blanks();
    if (!line_end()) {
      at_ = begin;
      return false;
    }
    do skip_blanks();
    while (line_end());
    return true;
  }

  void escape(std::string& text) {
    constexpr std::string_view kLetters = "btnfr\"\\";
    constexpr std::string_view kMeaning = "\b\t\n\f\r\"\\";
    const char letter = at_end() ? '\0' : text_[at_++];
    if (letter == 'u' || letter == 'U') return unicode(text, letter == 'u' ? 4 : 8);
    const std::size_t known = letter == '\0' ? std::string_view::npos : kLetters.find(letter);
    if (known == std::string_view::npos)
      fail(concat("unknown escape in a string: write \\\\ for a backslash"));
    text += kMeaning[known];
  }

  void unicode(std::string& text, int digits) {
    char32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = at_end() ? '\0' : text_[at_++];
      const int digit = digit_value(c);
      if (digit < 0 || digit > 15) fail("\\u wants four hexadecimal digits, \\U eight");
      code = code * 16 + static_cast<char32_t>(digit);
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) fail("\\u names no character");
    append_utf8(text, code);
  }

  static int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
  }

  // true, false, a number; a date is refused by name.
  void word(TomlNode& node) {
    const std::size_t begin = at_;
    while (is_bare(peek()) || peek() == '+' || peek() == '.' || peek() == ':') ++at_;
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (text.empty()) fail(concat("expected a value, found ", found()));
    if (text == "true" || text == "false") {
      node.value = text == "true";
    } else if (!integer(text, node) && !floating(text, node)) {
      const bool date = text.size() >= 8 && is_digit(text[0]) && (text[4] == '-' || text[2] == ':');
      fail(date ? concat("dates and times are not read: write \"", text, "\" in quotes")
                : concat("'", text, "' is no value: text needs quotes"));
    }
  }

  static bool integer(std::string_view text, TomlNode& node) {
    std::int64_t sign = 1;
    if (text[0] == '+' || text[0] == '-') {
      sign = text[0] == '-' ? -1 : 1;
      text.remove_prefix(1);
    }
    int base = 10;
    const bool prefixed =
        text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b');
    if (prefixed) {
      base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
      text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
      return false;
    }
    std::int64_t number = 0;
    bool digit_before = false;
    for (const char c : text) {
      const int digit = digit_value(c);
      if (c == '_' && digit_before) {
        digit_before = false;
        continue;
      }
      if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
          __builtin_add_overflow(number, sign * digit, &number))
        return false;
      digit_before = true;
    }
    node.value = number;
    return digit_before;
  }

  static bool floating(std::string_view text, TomlNode& node) {
    const std::string_view bare = text[0] == '+' || text[0] == '-' ? text.substr(1) : text;
    const bool word = bare == "inf" || bare == "nan";
    if (!word && !is_floating(bare)) return false;
    std::string digits;
    for (const char c : text) {
      if (c != '_') digits += c;
    }
    node.value = std::strtod(digits.c_str(), nullptr);
    return true;
  }

  // Digits, then a point with digits, an exponent, or both; underscores between digits alone.
  static bool is_floating(std::string_view text) {
    const auto digits = [&text](bool leading_zeros) {
      std::size_t count = 0;
      while (count < text.size() &&
             (is_digit(text[count]) || (text[count] == '_' && count > 0 && is_digit(text[count - 1]))))
        ++count;
      const bool good =
          count > 0 && text[count - 1] != '_' && (leading_zeros || count == 1 || text[0] != '0');
      text.remove_prefix(count);
      return good;
    };
    if (!digits(false)) return false;
    bool is_float = false;
    if (!text.empty() && text[0] == '.') {
      text.remove_prefix(1);
      is_float = digits(true);
      if (!is_float) return false;
    }
    if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
      text.remove_prefix(1);
      if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
      is_float = digits(true);
    }
    return is_float && text.empty();
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
  std::int32_t line_ = 1;
  int depth_ = 0;
  TomlNode root_;
  TomlNode* section_;
};

}  // namespace

TomlNode::TomlNode() = default;
TomlNode::TomlNode(const TomlNode& other)
    : value(copied(other.value)), line(other.line), origin(other.origin) {}
TomlNode& TomlNode::operator=(const TomlNode& other) {
  return *this = TomlNode(other);
}

double TomlNode::number() const {
  return is_integer() ? static_cast<double>(integer()) : std::get<double>(value);
}

const TomlNode* TomlNode::find(std::string_view key) const {
  if (!is_table()) return nullptr;
  for (const auto& [name, node] : table()) {
    if (name == key) return &node;
  }
  return nullptr;
}

std::string_view TomlNode::kind() const {
  constexpr std::string_view kKinds[] = {"a table",    "an array", "a string",
                                         "an integer", "a number", "a boolean"};
  return kKinds[value.index()];
}

TomlNode parse_toml(std::string_view text, std::string_view name) {
  return Parser(text, name).parse();
}

}  // namespace pupil
