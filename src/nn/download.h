// SPDX-License-Identifier: Apache-2.0
// One file from the web into a folder: resumed where a connection broke, checked before it gets its name.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace pupil::nn {

struct DownloadOptions {
  /// A connection that breaks, stalls (under 1 byte a second for `stall_s`) or meets a server error (5xx) is taken
  /// up again where it stopped, at most so often without a byte of progress in between.
  int attempt_count = 5;
  /// Before the first repetition; doubled each time.
  double retry_wait_s = 1.0;
  int stall_s = 30;
  /// 64 hexadecimal digits the file must have; empty: not known yet.
  std::string sha256;
  /// Called now and then with bytes so far and in all (0: the server did not say).
  std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

/// Fetches `url` (http, https; redirects are followed) to `path`, whose folder is created. Returns the SHA-256.
///
/// What has come so far lies beside it as PATH.part, with PATH.part.tag naming the server's version of it: run
/// again after an interruption and it goes on, unless the file on the server has changed meanwhile. `path` appears
/// only when the file is whole and, where a checksum is known, right.
/// Error: the server's answer (404...), no connection, disk full (PATH.part is kept), a wrong checksum (PATH.part is
/// removed: it is of no use).
std::string download(const std::string& url, const std::filesystem::path& path,
                     const DownloadOptions& options = {});

}  // namespace pupil::nn
