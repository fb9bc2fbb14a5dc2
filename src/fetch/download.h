// SPDX-License-Identifier: Apache-2.0
// One file from the web into a folder: resumed where a connection broke, checked before it gets its name.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "fetch/client.h"

namespace pupil::fetch {

struct DownloadOptions {
  /// 64 hexadecimal digits the file must have; empty: not known yet.
  std::string sha256;
  /// Called now and then with bytes so far and in all (0: the server did not say).
  std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

/// Fetches `request` to `path`, whose folder is created. Returns the SHA-256.
///
/// A connection that breaks is taken up again where it stopped, as often as the client allows without a byte of progress
/// in between. What has come so far is kept beside `path` as PATH.part, with PATH.part.tag naming the server's version of it: run
/// again after an interruption and it goes on, unless the file on the server has changed meanwhile. `path` appears
/// only when the file is whole and, where a checksum is known, right.
/// FetchError: the server's answer (404...), no connection, more than max_bytes (PATH.part is removed). DiskError: disk
/// full (PATH.part is kept). Error: a wrong checksum (PATH.part is removed: it is of no use).
std::string download(Client& client, const Request& request, const std::filesystem::path& path,
                     const DownloadOptions& options = {});

/// The same for an address that a person named: its host may be in a private network, and it may have any size.
std::string download_named(const std::string& url, const std::filesystem::path& path,
                           const DownloadOptions& options = {}, ClientOptions client = {});

}  // namespace pupil::fetch
