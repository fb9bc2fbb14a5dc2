// SPDX-License-Identifier: Apache-2.0
// Options of `pupil plan` and `pupil merge`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/range.h"

namespace pupil::cli {

struct PlanOptions {
  static constexpr std::string_view kDetails =
      "Divides what is pending of collect, separate or label among N shards, for several processes or machines that\n"
      "share the project's folder:\n"
      "  pupil plan DIR STAGE --shards N\n"
      "  pupil STAGE DIR --shard I/N        each of them, anywhere, in any order, as often as it takes\n"
      "  pupil merge DIR                    when all are done\n"
      "The result is that of one process. pupil submit does all of it, here or under Slurm (docs/scale.md).\n"
      "A plan of the same stage and number that is not merged yet is kept.";

  std::string dir;
  std::string stage;
  std::int64_t shards = 0;
  bool discard = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.optional_positional("STAGE", stage, "collect, separate or label");
    v.value("--shards", "N", shards, Range{1, 4096}, "how many");
    v.flag("--discard", discard, "throw the plan and all that its shards have done away");
  }
};

struct MergeOptions {
  static constexpr std::string_view kDetails =
      "Runs the stage that was planned, with what its shards have computed: the catalogue becomes that of one process.\n"
      "What was not planned (files that came later) is done here. Stop it anywhere and run it again; once it is\n"
      "done, again changes nothing. Refused: a shard that is missing, not done, changed since, or of another plan.";

  std::string dir;
  std::int64_t threads = 0;
  bool keep = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--threads", "N", threads, kThreadRange, "for what the shards have left; 0: all processors");
    v.flag("--keep", keep, "keep the shards' files");
  }
};

}  // namespace pupil::cli
