// SPDX-License-Identifier: Apache-2.0
// Options of `pupil status`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <string>
#include <string_view>

namespace pupil::cli {

struct StatusOptions {
  static constexpr std::string_view kDetails =
      "Counts what the project holds, and says which stage's results are missing or were made otherwise than\n"
      "pupil.toml now asks for, with the command that renews them. Nothing is written.";

  std::string dir;
  bool set_aside = false;
  bool fates = false;
  bool watch = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project");
    v.flag("--set-aside", set_aside, "list every file that was set aside and why");
    v.flag("--fates", fates, "list every address of the web that gave no clip, and why");
    v.flag("--watch", watch,
           "only the shards of a stage (pupil submit), again every two seconds; Ctrl-C ends it");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
