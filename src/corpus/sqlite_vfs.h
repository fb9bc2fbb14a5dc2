// SPDX-License-Identifier: Apache-2.0
// How SQLite's files are reached: by SQLite's own code, but for what it makes of a signal and of a disk that fails.

#pragma once

namespace pupil::corpus {

/// The name of a file system for sqlite3_open_v2() that is SQLite's default ("unix") with two differences:
/// - An `fsync()` that a signal ends (EINTR; network and FUSE file systems give it) is repeated. SQLite reports "disk I/O error".
/// - A read that the disk refuses (EIO) is SQLITE_IOERR_READ. SQLite says "database disk image is malformed", so that who
///   reads it throws a whole catalogue away.
///
/// Registered by the first call. Null, which means SQLite's default, where there is no memory for that. Threads: any.
const char* sqlite_vfs() noexcept;

}  // namespace pupil::corpus
