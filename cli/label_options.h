// SPDX-License-Identifier: Apache-2.0
// Options of `pupil label`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <string>
#include <string_view>

#include "base/range.h"

namespace pupil::cli {

struct LabelOptions {
  static constexpr std::string_view kDetails =
      "Scores every window that is pending with the teachers of [teacher] in pupil.toml and decides which labels\n"
      "to believe by [label]. Stop it anywhere and run it again: it goes on. A changed prompt or threshold does\n"
      "only what hangs on it again; the audio is not embedded twice.\n"
      "With --shard only the teachers' part of one shard is done, which is the long one (pupil plan).";

  std::string dir;
  std::string shard;
  std::string split;
  std::int64_t threads = 0;
  bool report_only = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--shard", "I/N", shard,
            "embed part I (from 0) of the N that pupil plan has made; auto: the launcher's (Slurm, mpirun)");
    v.value("--split", "NAME", split, "report on this split only: train, val or test");
    v.value("--threads", "N", threads, kThreadRange, "threads of the teacher; 0: all processors");
    v.flag("--report", report_only, "only report on the labels that are there");
    v.flag("--json", json, "machine-readable report");
  }
};

}  // namespace pupil::cli
