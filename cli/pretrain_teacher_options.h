// SPDX-License-Identifier: Apache-2.0
// Options of `pupil pretrain teacher`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "pretrain_options.h"

namespace pupil::cli {

struct PretrainTeacherOptions : ManifestRows, PretrainingRun {
  static constexpr std::string_view kDetails =
      "Trains a CLAP of any size from recordings with captions or labels, synthetic sounds and what a tagger scores in\n"
      "them, and writes it to OUT in Hugging Face's layout. Only recordings under CC0, CC BY, MIT or in the public\n"
      "domain are used; others are counted and left alone. First examples (crops and mixtures) are rendered and scored by\n"
      "the tagger once, into OUT.work; then the network is trained on them. Stop it anywhere and run it again: it goes\n"
      "on, and ends with the same numbers. With --from it begins with the weights of another CLAP; with --project it\n"
      "learns from a project's accepted windows.";

  std::string out;
  std::string config = "nano";
  std::string caption_column;
  std::string tagger;
  std::string from;
  std::string project;
  std::int64_t examples = 12000;
  double synthetic = 0.45;
  bool prepare = false;

  PretrainTeacherOptions() {
    steps = 3000;
    batch = 48;
    learning_rate = 1e-3;
  }

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder of the model; made when missing");
    v.value("--config", "FILE", config, "config.json in Hugging Face's form (or a folder with one), or nano");
    visit_manifests(v, "captions of labels and of the tagger's classes; empty: the built-in table");
    v.value("--caption-column", "NAME", caption_column, "column of captions, several divided by |");
    v.value("--tagger", "MODEL", tagger, "an AudioSet tagger to learn from, by name or path");
    v.value("--from", "MODEL", from, "begin with the weights of this CLAP, by name or path");
    v.value("--project", "DIR", project, "learn from the accepted windows of this project");
    v.value("--examples", "N", examples, Range{1, 1e8}, "crops and mixtures to render");
    v.value("--synthetic", "SHARE", synthetic, Range{0, 1}, "share of examples that are synthetic sounds");
    v.flag("--prepare", prepare, "only render the examples");
    visit_run(v, 2, "examples per step");
  }
};

}  // namespace pupil::cli
