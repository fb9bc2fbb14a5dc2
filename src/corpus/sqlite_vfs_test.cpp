// SPDX-License-Identifier: Apache-2.0
// This program's fsync() and fdatasync() stand before the system's, also for SQLite: the calls of one thread can be interrupted.
#include "corpus/sqlite_vfs.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/test_folder.h"
#include "corpus/database.h"

namespace {

thread_local int syncs_until_failure = -1;
thread_local int failure = 0;
thread_local int failures_left = 0;
thread_local int sync_count = 0;

int sync_or_fail(long call, int file) {
  ++sync_count;
  if (syncs_until_failure == 0 && failures_left > 0) {
    --failures_left;
    errno = failure;
    return -1;
  }
  if (syncs_until_failure > 0) --syncs_until_failure;
  return static_cast<int>(syscall(call, file));
}

}  // namespace

extern "C" int fsync(int file) {
  return sync_or_fail(SYS_fsync, file);
}

extern "C" int fdatasync(int file) {
  return sync_or_fail(SYS_fdatasync, file);
}

namespace pupil::corpus {
namespace {

// Makes a database and changes it twice, the `number`-th sync failing `count` times; how many syncs there were.
int work(DatabaseAccess access, int number, int reason, int count) {
  const TestFolder dir;
  syncs_until_failure = number;
  failure = reason;
  failures_left = count;
  sync_count = 0;
  {
    Database database(dir / "a.db", access);
    database.execute(
        "CREATE TABLE t(a); INSERT INTO t VALUES (1); PRAGMA wal_checkpoint; INSERT INTO t VALUES (2);");
  }
  syncs_until_failure = -1;
  Database database(dir / "a.db", access);
  Query query = database.query("SELECT sum(a) FROM t");
  EXPECT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), 3) << "sync " << number;
  return sync_count;
}

TEST(SqliteVfs, SyncsAgainWhereASignalCame) {
  for (const DatabaseAccess access : {DatabaseAccess::create, DatabaseAccess::own}) {
    const int all = work(access, -1, 0, 0);
    EXPECT_GE(all, 4);
    for (int number = 0; number < all; ++number)
      EXPECT_NO_THROW(work(access, number, EINTR, 3)) << "sync " << number;
  }
}

// A second fsync() after an error says that all is well, and it is not.
TEST(SqliteVfs, DoesNotSyncAgainAfterAnError) {
  try {
    work(DatabaseAccess::own, 0, EIO, 1);
    ADD_FAILURE();
  } catch (const DiskError& error) {
    EXPECT_NE(std::string(error.what()).find("disk I/O error"), std::string::npos) << error.what();
  }
  syncs_until_failure = -1;
}

}  // namespace
}  // namespace pupil::corpus
