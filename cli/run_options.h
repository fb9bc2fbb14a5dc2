// SPDX-License-Identifier: Apache-2.0
// Options of `pupil run`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/range.h"

namespace pupil::cli {

struct RunOptions {
  static constexpr std::string_view kDetails =
      "Walks all stages: collect, separate, label, train, quantise, export, evaluate; each does only what "
      "is\n"
      "pending for the settings of pupil.toml as they are now. What to collect stands in its [[source]] "
      "tables.\n"
      "Stop it anywhere (kill -9 included) and run it again: it goes on, and ends with the same model, byte "
      "for\n"
      "byte. A changed prompt does the labels again and what hangs on them, and does not listen again.";

  std::string dir;
  std::string from;
  std::string until;
  bool dry_run = false;
  std::int64_t seed = -1;
  std::int64_t threads = 0;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--from", "STAGE", from, "begin with this stage; those before are not looked at");
    v.value("--until", "STAGE", until, "end with this stage");
    v.flag("--dry-run", dry_run, "only say what would be done and how long it will take here");
    v.value("--seed", "N", seed, Range{-1, kSeedRange.high},
            "of the training, instead of [train] seed; -1: as in pupil.toml");
    v.value("--threads", "N", threads, kThreadRange, "processors to use; 0: all");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
