// SPDX-License-Identifier: Apache-2.0
// Options of `pupil models`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <string>
#include <string_view>

namespace pupil::cli {

struct ModelsOptions {
  static constexpr std::string_view kDetails =
      "list shows the known models, fetch NAME downloads one (resuming where it stopped), verify NAME or PATH\n"
      "checks files against the checksums on record.";

  std::string action;
  std::string name;
  std::string cache;
  std::string sha256;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("list|fetch|verify", action, "what to do");
    v.optional_positional("NAME|URL|PATH", name, "model to fetch, or file or folder to verify");
    v.value("--cache", "DIR", cache,
            "where models lie; empty: $PUPIL_CACHE, or pupil in the user's cache folder");
    v.value("--sha256", "HEX", sha256, "checksum that a fetched URL must have");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
