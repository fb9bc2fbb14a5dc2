// SPDX-License-Identifier: Apache-2.0
// A reader by hand: each field is found by a search and appended in one piece, not character by character.
//
// 1. position_ is the first byte not yet taken and line_ its line. record_line_ is where the record began:
//    what messages name, since a quoted field may go on for many lines.
// 2. read_quoted() and read_plain() stop in front of a separator or line end; next() takes it. The end of the
//    text counts as a line end, so the last record needs none.
// 3. CR, LF and CRLF are one line each, within quotes too (append()).

#include "corpus/csv.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSeparators = ",;\t";
constexpr std::string_view kSeparatorHint = "sep=";

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {
  if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
    throw Error(name_ + ": UTF-16 text; save it as UTF-8");
  if (text_.starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
  find_separator();
}

void CsvReader::find_separator() {
  const std::string_view text = text_.substr(position_);
  const std::size_t hint = kSeparatorHint.size();
  if (text.starts_with(kSeparatorHint) && text.size() > hint &&
      kSeparators.find(text[hint]) != std::string_view::npos &&
      (text.size() == hint + 1 || text[hint + 1] == '\n' || text[hint + 1] == '\r')) {
    separator_ = text[hint];
    position_ += hint + 1;
    take_line_end();
    return;
  }
  std::array<std::int64_t, kSeparators.size()> counts{};
  bool quoted = false;
  bool begun = false;  // blank lines are passed over
  for (const char c : text) {
    const bool line_end = c == '\n' || c == '\r';
    if (line_end && begun && !quoted) break;
    begun = begun || !line_end;
    if (c == '"') quoted = !quoted;
    const std::size_t which = kSeparators.find(c);
    if (!quoted && which != std::string_view::npos) ++counts[which];
  }
  separator_ =
      kSeparators[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

std::string CsvReader::at_line(std::string_view message) const {
  return concat(name_, ":", record_line_, ": ", message);
}

// A line ends with LF, CRLF, or a lone CR (old spreadsheets).
bool CsvReader::take_line_end() {
  if (at_end()) return true;
  const char c = text_[position_];
  if (c != '\n' && c != '\r') return false;
  ++position_;
  if (c == '\r' && !at_end() && text_[position_] == '\n') ++position_;
  ++line_;
  return true;
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (!at_end() && take_line_end()) {
  }
  if (at_end()) return false;
  record_line_ = line_;
  std::size_t count = 0;
  for (;;) {
    if (count == fields.size()) fields.emplace_back();
    std::string& field = fields[count++];
    field.clear();
    if (!at_end() && text_[position_] == '"') {
      read_quoted(field);
    } else {
      read_plain(field);
    }
    if (take_line_end()) break;
    ++position_;  // the separator
  }
  fields.resize(count);
  return true;
}

// From the opening quote to just before the separator or line end.
void CsvReader::read_quoted(std::string& field) {
  ++position_;
  for (;;) {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos) throw Error(at_line("a quote is opened and never closed"));
    append(field, text_.substr(position_, quote - position_));
    position_ = quote + 1;
    if (at_end() || text_[position_] != '"') break;
    field += '"';
    ++position_;
  }
  if (at_end() || text_[position_] == separator_ || text_[position_] == '\n' || text_[position_] == '\r')
    return;
  throw Error(at_line("text behind a closing quote (a quote within a quoted field is written twice)"));
}

void CsvReader::read_plain(std::string& field) {
  // The 0 ends the list and is no stop itself: a NUL in the text is refused by append().
  const char stops[] = {separator_, '\n', '\r', '"', '\0'};
  const std::size_t end = std::min(text_.find_first_of(stops, position_), text_.size());
  append(field, text_.substr(position_, end - position_));
  position_ = end;
  if (!at_end() && text_[position_] == '"')
    throw Error(at_line("a quote within a field that does not begin with one"));
}

void CsvReader::append(std::string& field, std::string_view piece) {
  if (piece.find('\0') != std::string_view::npos) {
    throw Error(at_line("a NUL byte: this is no UTF-8 text; save it as such"));
  }
  for (std::size_t i = 0; i < piece.size(); ++i) {
    line_ += piece[i] == '\n' || (piece[i] == '\r' && (i + 1 == piece.size() || piece[i + 1] != '\n'));
  }
  field += piece;
}

std::optional<std::size_t> CsvTable::find_column(std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::size_t CsvTable::column(std::string_view column) const {
  if (const auto found = find_column(column)) return *found;
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  throw Error(concat(name, ":1: no column '", column, "'", did_you_mean(column, known), known_columns()));
}

std::string CsvTable::known_columns() const {
  std::string all;
  for (const std::string& column : columns) all += (all.empty() ? "" : ", ") + column;
  return concat(" (columns: ", all, ")");
}

CsvTable parse_csv(std::string_view text, const std::string& name) {
  CsvTable table;
  table.name = name;
  CsvReader reader(text, name);
  table.separator = reader.separator();
  if (!reader.next(table.columns)) throw Error(name + ": no header row (file is empty)");
  std::set<std::string_view> seen;
  for (const std::string& column : table.columns) {
    if (!seen.insert(column).second) throw Error(reader.at_line("two columns are named '" + column + "'"));
  }
  std::vector<std::string> fields;
  while (reader.next(fields)) {
    if (fields.size() != table.columns.size()) {
      throw Error(reader.at_line(
          concat(fields.size(), " fields, but the header has ", table.columns.size(), " columns")));
    }
    table.rows.push_back(fields);
    table.lines.push_back(reader.line());
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code) throw Error(concat(path.string(), ": cannot read: ", code.message()));
  if (size > kMaxFileBytes) throw Error(path.string() + ": over 1 GiB, too large for an index");
  return parse_csv(read_text(path), path.string());
}

std::string quoted_field(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace pupil::corpus
