// SPDX-License-Identifier: Apache-2.0
// Options of `pupil compare`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct CompareOptions {
  static constexpr std::string_view kDetails =
      "Trains on the project's accepted windows and measures on its test clips that carry a given label:\n"
      "  distilled  the student as configured: float, int8 without and with quantisation-aware training\n"
      "  hard       the same network on the teacher's hard labels alone\n"
      "  given      the same network on given labels alone\n"
      "  both       the same network on given labels and the teacher's soft targets\n"
      "  plain      a plain mel-CNN\n"
      "  general    published models (--general): their own classes by name, and a head on their embedding\n"
      "  baselines  MFCC + SVM, MFCC + random forest, a linear head on the teacher's embedding\n"
      "Trainings are kept in DIR/compare: stop it anywhere and run it again. What pupil train made of the same\n"
      "settings is not trained a second time. The table goes to DIR/compare/table.md and comparison.json.";

  std::string dir;
  std::string set;
  std::int64_t seeds = 1;
  bool separated = false;
  std::vector<std::string> only;
  std::vector<std::string> general;
  std::string page;
  std::string results;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--seeds", "N", seeds, Range{1, 1000}, "trainings of each network; more than one gives a spread");
    v.flag("--separated", separated, "also original against separated against both views");
    v.list("--only", "NAME", only, "these rows alone");
    v.list(
        "--general", "FILE", general,
        "published models: YAMNet as TensorFlow Lite's file, VGGish as a checkpoint; one that is not there gets an empty row");
    v.value("--page", "FILE.md", page, "also a page for docs, with plots beside it");
    v.value("--results", "FILE", results, "of --page: what bench/comparison.sh measured, JSON lines");
    v.value("--set", "FILE", set, "a training set that was prepared elsewhere, instead of DIR's catalogue");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
