// SPDX-License-Identifier: Apache-2.0
// Statements are prepared once per text and kept until the connection closes.
//
// 1. A cached statement belongs to one Query at a time (in_use). A second use of the same text meanwhile, as
//    in nested loops, gets a statement of its own, which dies with its Query.
// 2. Query holds pointers into statements_: they stay valid, because an unordered_map moves no element.
// 3. The connection has no lock of its own (NOMUTEX): it is its thread's. query() refuses others, because what two threads do
//    to a connection shows once in a thousand runs, and then as an error that names something else.

#include "corpus/database.h"

#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "corpus/sqlite_vfs.h"

namespace pupil::corpus {
namespace {

// Long enough for another stage's transaction, short enough that a hung process is noticed.
constexpr int kBusyTimeoutMs = 60'000;

// A path as SQLite's "file:" addresses want it.
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    text += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  }
  return text;
}

}  // namespace

int Database::open(DatabaseAccess access) {
  if (access != DatabaseAccess::read) {
    const int flags = SQLITE_OPEN_READWRITE | (access == DatabaseAccess::write ? 0 : SQLITE_OPEN_CREATE);
    return sqlite3_open_v2(file_.c_str(), &connection_, flags | SQLITE_OPEN_NOMUTEX, sqlite_vfs());
  }
  // SQLite reads a database in WAL mode only where it may write -shm beside it, or where it is told that the file does
  // not change. It does not while there is no log: every writer has one.
  std::error_code absent;
  const auto log_bytes = std::filesystem::file_size(file_.string() + "-wal", absent);
  const bool has_log = !absent && log_bytes > 0;
  const std::string address = concat("file://", escaped(std::filesystem::absolute(file_).string()),
                                     "?mode=ro", has_log ? "" : "&immutable=1");
  return sqlite3_open_v2(address.c_str(), &connection_,
                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, sqlite_vfs());
}

Database::Database(const std::filesystem::path& file, DatabaseAccess access) : file_(file) {
  const int code = open(access);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(connection_, 1);
    sqlite3_busy_timeout(connection_, kBusyTimeoutMs);
    // In WAL with synchronous = NORMAL a commit survives the death of the process; a power cut may take the
    // last commits back, never tear the file, and the stages then do that work again.
    if (access == DatabaseAccess::own)
      execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;");
    else if (access != DatabaseAccess::read)
      execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    // Sorting the results of a whole corpus goes to a temporary file beyond the cache: memory stays flat.
    execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = FILE; PRAGMA cache_size = -32768;");
  } catch (...) {
    sqlite3_close_v2(connection_);
    throw;
  }
}

Database::~Database() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
  sqlite3_close_v2(connection_);
}

void Database::fail(int code) const {
  const std::string reason = connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_BUSY:
      throw Error(concat(file_.string(), ": catalogue is busy: another pupil has been writing for more than ",
                         kBusyTimeoutMs / 1000, " s"));
    case SQLITE_CANTOPEN:
      throw DiskError(concat(file_.string(), ": cannot be opened (", reason,
                             "); in a folder that is not writable its last changes, in ",
                             file_.filename().string(),
                             "-wal, cannot be read: look at it once where the folder is writable"));
    case SQLITE_NOTADB: throw Error(file_.string() + ": not a catalogue (file is no SQLite database)");
    case SQLITE_FULL: throw DiskError(file_.string() + ": disk is full; what was committed before is safe");
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_READONLY: throw DiskError(concat(file_.string(), ": ", reason, " (SQLite code ", code, ")"));
    default: throw Error(concat(file_.string(), ": ", reason, " (SQLite code ", code, ")"));
  }
}

void Database::check_thread() const {
  if (std::this_thread::get_id() != owner_)
    throw std::logic_error("a catalogue is used from a thread that did not open it");
}

Query Database::query(std::string_view sql) {
  check_thread();
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.try_emplace(std::string(sql)).first;
  const std::string& key = found->first;
  Cached& cached = found->second;
  const bool use_cache = !cached.in_use;
  sqlite3_stmt* statement = use_cache ? cached.statement : nullptr;
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(connection_, key.c_str(), static_cast<int>(key.size() + 1),
                                        use_cache ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
    if (code != SQLITE_OK) fail(code);
  }
  if (use_cache) {
    cached.statement = statement;
    cached.in_use = true;
  }
  return Query(*this, statement, use_cache ? &cached.in_use : nullptr);
}

void Database::execute(const std::string& sql) {
  check_thread();
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

Query::Query(Database& database, sqlite3_stmt* statement, bool* in_use)
    : database_(database), statement_(statement), in_use_(in_use) {}

Query::~Query() {
  if (in_use_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *in_use_ = false;
}

// What could not be bound for want of memory would be NULL.
Query& Query::bound(int code) {
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Query& Query::bind(std::int64_t value) {
  return bound(sqlite3_bind_int64(statement_, next_parameter_++, value));
}

Query& Query::bind(double value) {
  return bound(sqlite3_bind_double(statement_, next_parameter_++, value));
}

Query& Query::bind(std::string_view text) {
  return bound(sqlite3_bind_text64(statement_, next_parameter_++, text.data() != nullptr ? text.data() : "",
                                   text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Query& Query::bind_null() {
  return bound(sqlite3_bind_null(statement_, next_parameter_++));
}

Query& Query::bind_blob(std::span<const std::byte> bytes) {
  // A null pointer would store NULL; an empty blob is a value.
  if (bytes.empty()) return bound(sqlite3_bind_zeroblob(statement_, next_parameter_++, 0));
  return bound(
      sqlite3_bind_blob64(statement_, next_parameter_++, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Query::run() {
  step();
}

// Null: the column is NULL, an empty blob, or memory was refused on the way to the text.
const void* Query::value(const void* data) const {
  if (data == nullptr && sqlite3_errcode(database_.connection()) == SQLITE_NOMEM)
    database_.fail(SQLITE_NOMEM);
  return data;
}

std::string Query::text(int column) const {
  const void* data = value(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return std::string(static_cast<const char*>(data),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::span<const std::byte> Query::blob(int column) const {
  const void* data = value(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {static_cast<const std::byte*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace pupil::corpus
