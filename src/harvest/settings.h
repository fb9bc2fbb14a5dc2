// SPDX-License-Identifier: Apache-2.0
// [harvest] of pupil.toml, made ready: keys, endpoints, limits.

#pragma once

#include <filesystem>
#include <string>

#include "fetch/client.h"
#include "harvest/library.h"
#include "project/project_file.h"

namespace pupil::harvest {

struct Settings {
  fetch::ClientOptions client;
  Keys keys;
  std::map<std::string, std::string> endpoints;  ///< by library

  const std::string& endpoint(const Library& library) const {
    return endpoints.at(std::string(library.name));
  }
  /// The request with the library's key. Error: it has none, and needs one; says where to get it.
  fetch::Request signed_request(const Library& library, fetch::Request request) const;
};

/// Keys from the environment (FREESOUND_KEY, XENO_CANTO_KEY) before those of the file that `keys` names, if it is there.
/// `cache`: folder in which requests are counted. Error: a line of the file, of `endpoints` or `limits` that cannot be read.
Settings read_settings(const HarvestSection& section, const std::filesystem::path& project_dir,
                       const std::filesystem::path& cache);

}  // namespace pupil::harvest
