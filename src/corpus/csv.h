// SPDX-License-Identifier: Apache-2.0
// Reads CSV as RFC 4180 has it: quoted fields, doubled quotes, separators and line ends within quotes, CRLF
// or LF, a UTF-8 byte order mark; divided by commas, semicolons or tabs. Our own, since every index of a data
// set comes through it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::corpus {

/// Reads one record after another from text in memory, which must outlive the reader.
class CsvReader {
 public:
  /// `name` stands in error messages, with the line: "index.csv:812: ...". The separator is that of ',', ';'
  /// and tab which stands most often in the first line, outside of quotes (the first of these where they are
  /// even); a line "sep=;" before it, as spreadsheets write, decides. Error: UTF-16 text, by its byte order
  /// mark.
  CsvReader(std::string_view text, std::string name);

  /// Reads the next record into `fields` (its strings' memory is reused); false at the end. Blank lines are
  /// passed over. Error: a quote within an unquoted field, text after a closing quote, a quote never closed,
  /// a NUL byte.
  bool next(std::vector<std::string>& fields);

  /// What divides fields: ',', ';' or a tab.
  char separator() const { return separator_; }

  /// Line on which the record last read begins, counted from 1.
  std::int64_t line() const { return record_line_; }

  /// An Error's message with file and line in front.
  std::string at_line(std::string_view message) const;

 private:
  void read_quoted(std::string& field);
  void read_plain(std::string& field);
  void append(std::string& field, std::string_view piece);
  bool take_line_end();
  void find_separator();
  bool at_end() const { return position_ >= text_.size(); }

  std::string_view text_;
  std::string name_;
  char separator_ = ',';
  std::size_t position_ = 0;
  std::int64_t line_ = 1;
  std::int64_t record_line_ = 1;
};

/// A CSV file with a header row, whole in memory.
struct CsvTable {
  std::string name;      ///< the file's path, for messages
  char separator = ',';  ///< what divides its fields
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as wide as `columns`
  std::vector<std::int64_t> lines;             ///< where each row begins

  std::optional<std::size_t> find_column(std::string_view column) const;

  /// Error: no such column; the message names the nearest one and all that are there.
  std::size_t column(std::string_view column) const;

  /// " (columns: path, label)", for messages.
  std::string known_columns() const;
};

/// Error: as CsvReader, no header, a column named twice, a row wider or narrower than the header.
CsvTable parse_csv(std::string_view text, const std::string& name);

/// Reads and parses a file. Error: it cannot be read, is over 1 GiB, or as parse_csv().
CsvTable read_csv(const std::filesystem::path& path);

/// A field as CSV has it: between quotes, inner quotes doubled.
std::string quoted_field(std::string_view text);

}  // namespace pupil::corpus
