// SPDX-License-Identifier: Apache-2.0
// SQLite lets its system calls be replaced (xSetSystemCall), but fsync() is none of those (3.40): so its file system is wrapped.
//
// A file is opened by SQLite's own code, which makes an object of its own with a table of functions. Only that table is exchanged, for a
// copy in which xSync and xRead are ours; the object stays SQLite's, and with it locks, shared memory and mapping.
//
// Nothing here throws or allocates: it is called from C.

#include "corpus/sqlite_vfs.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <mutex>

#include "base/descriptor.h"

namespace pupil::corpus {
namespace {

constexpr const char* kName = "pupil";

// `own` is first: a file's table of functions is also the address of this.
struct Methods {
  sqlite3_io_methods own;
  const sqlite3_io_methods* original;
};

// SQLite has two tables that are met here: with locks (the database) and without (its journals).
constexpr std::size_t kMostTables = 4;

sqlite3_vfs* original_vfs = nullptr;

const sqlite3_io_methods& original_of(const sqlite3_file& file) {
  return *reinterpret_cast<const Methods*>(file.pMethods)->original;
}

int sync_again(sqlite3_file* file, int flags) {
  const sqlite3_io_methods& original = original_of(*file);
  for (;;) {
    const int code = original.xSync(file, flags);
    int reason = 0;
    if (code == SQLITE_OK || original.xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason) != SQLITE_OK ||
        reason != EINTR)
      return code;
  }
}

int read_file(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const int code = original_of(*file).xRead(file, bytes, count, offset);
  return code == SQLITE_IOERR_CORRUPTFS ? SQLITE_IOERR_READ : code;
}

// The copy of `original`, made at its first use; `original` itself where there is no place for one.
const sqlite3_io_methods* with_own_functions(const sqlite3_io_methods* original) {
  static std::mutex guard;
  static std::array<Methods, kMostTables> tables;
  const std::lock_guard lock(guard);
  for (Methods& table : tables) {
    if (table.original == nullptr) {
      table = {.own = *original, .original = original};
      table.own.xSync = sync_again;
      table.own.xRead = read_file;
    }
    if (table.original == original) return &table.own;
  }
  return original;
}

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_given) {
  const int code = original_vfs->xOpen(original_vfs, path, file, flags, flags_given);
  if (code == SQLITE_OK) file->pMethods = with_own_functions(file->pMethods);
  return code;
}

int delete_file(sqlite3_vfs*, const char* path, int sync_it) {
  const int code = original_vfs->xDelete(original_vfs, path, sync_it);
  if (code != SQLITE_IOERR_DIR_FSYNC || errno != EINTR) return code;
  // The file is gone: what is left to do is the sync of its folder.
  try {
    sync_folder(std::filesystem::path(path).parent_path());
    return SQLITE_OK;
  } catch (const std::exception&) {
    return code;
  }
}

const char* register_vfs() noexcept {
  original_vfs = sqlite3_vfs_find(nullptr);
  if (original_vfs == nullptr) return nullptr;
  static sqlite3_vfs ours = *original_vfs;
  ours.zName = kName;
  ours.pNext = nullptr;
  ours.xOpen = open_file;
  ours.xDelete = delete_file;
  return sqlite3_vfs_register(&ours, 0) == SQLITE_OK ? kName : nullptr;
}

}  // namespace

const char* sqlite_vfs() noexcept {
  static const char* const name = register_vfs();
  return name;
}

}  // namespace pupil::corpus
