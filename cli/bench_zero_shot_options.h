// SPDX-License-Identifier: Apache-2.0
// Options of `pupil bench zero-shot`; a header, so that `pupil` can check them before it hands over.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct BenchZeroShotOptions {
  static constexpr std::string_view kDetails =
      "Lets teachers name labelled clips without any training on them, and prints one table: per class the share of\n"
      "clips that are called by their name and the area under the ROC curve against all other clips, and that area for\n"
      "any of the classes against the rest. CLAP scores stretches of --stretch seconds, whose scores are averaged;\n"
      "taggers score whole clips, and their scores are standardised over all clips.";

  std::vector<std::string> models;
  std::string classes;
  std::string csv;
  std::string root;
  std::string path_column = "path";
  std::string label_column = "label";
  std::vector<std::string> where;
  double stretch_s = 5.0;
  std::int64_t threads = 1;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.list("--models", "MODEL", models, "teachers, by name or path");
    v.value("--classes", "FILE.toml", classes, "classes, prompts and given labels, as a pupil.toml has them");
    v.value("--csv", "FILE", csv, "the clips");
    v.value("--root", "DIR", root, "what paths are relative to; empty: the CSV's folder");
    v.value("--path-column", "NAME", path_column, "column of paths");
    v.value("--label-column", "NAME", label_column, "column of labels");
    v.list("--where", "COLUMN=VALUE", where, "only these rows; several values divided by |");
    v.value("--stretch", "SECONDS", stretch_s, Range{0.1, 60}, "what CLAP scores at once");
    v.value("--threads", "N", threads, kThreadRange, "processors; 0: all");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
