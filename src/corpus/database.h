// SPDX-License-Identifier: Apache-2.0
// A thin wrapper round SQLite for this module's sources: prepared statements that are cached by their text,
// values bound in order, errors as pupil::Error. The only header that includes sqlite3.h; no public header
// includes it.

#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pupil::corpus {

class Database;

/// One use of a prepared statement: bind in order, step, read columns; the destructor makes it ready for its
/// next use.
class Query {
 public:
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::int64_t value);
  Query& bind(std::int32_t value) { return bind(std::int64_t{value}); }
  Query& bind(double value);
  Query& bind(std::string_view text);  ///< copied
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind(const std::string& text) { return bind(std::string_view(text)); }
  Query& bind_null();
  Query& bind_blob(std::span<const std::byte> bytes);  ///< copied
  template <typename Element>
  Query& bind_array(std::span<const Element> values) {
    return bind_blob(std::as_bytes(values));
  }

  /// True when there is a row to read.
  bool step();
  /// Runs a statement that gives no rows.
  void run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  /// Valid until the next step.
  std::span<const std::byte> blob(int column) const;
  /// A blob as the array that bind_array() stored.
  template <typename Element>
  std::vector<Element> array(int column) const {
    const auto bytes = blob(column);
    std::vector<Element> values(bytes.size() / sizeof(Element));
    if (!values.empty())
      std::copy_n(bytes.data(), values.size() * sizeof(Element), reinterpret_cast<std::byte*>(values.data()));
    return values;
  }

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement, bool* in_use);

  Query& bound(int code);
  const void* value(const void* data) const;

  Database& database_;
  sqlite3_stmt* statement_;
  bool* in_use_;  ///< of the cache's entry; null: the statement is this object's own
  int next_parameter_ = 1;
};

enum class DatabaseAccess {
  create,  ///< read and write; made when missing
  write,   ///< read and write
  read,    ///< nothing is written anywhere: for folders that are not writable
  own,  ///< read and write, made when missing, by this process alone: needs no shared memory, so on any file system
};

/// A connection. Threads: the one that opened it alone; another one's query is a std::logic_error.
class Database {
 public:
  /// Error: the file cannot be opened or is no database.
  Database(const std::filesystem::path& file, DatabaseAccess access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Prepares `sql`, or takes it from the cache. The text must be one statement.
  Query query(std::string_view sql);

  /// Runs any number of statements that give no rows.
  void execute(const std::string& sql);

  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(connection_); }
  std::int64_t changed_rows() const { return sqlite3_changes64(connection_); }
  bool in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

  /// Throws Error with the file's name, SQLite's reason and, where we know it, what to do.
  [[noreturn]] void fail(int code) const;

  sqlite3* connection() const { return connection_; }

 private:
  friend class Query;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
  };

  int open(DatabaseAccess access);
  void check_thread() const;

  std::filesystem::path file_;
  const std::thread::id owner_ = std::this_thread::get_id();
  sqlite3* connection_ = nullptr;
  // Looked up by string_view: no copy of the text for every use.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> statements_;
};

}  // namespace pupil::corpus
