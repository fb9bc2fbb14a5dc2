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
      "learns from a project's accepted windows.\n"
      "With --from an AudioSet tagger (EfficientAT) that one is fine-tuned on the accepted windows of --project and written\n"
      "to OUT as a tagger of the same outputs; of the other options it takes --layers, --given-labels, --examples and those\n"
      "of a run. Where no number is given, a CLAP trains for 3000 steps of 48 examples at 1e-3, a tagger for 400 of 16 at 1e-4.";

  std::string out;
  std::string config = "nano";
  std::string caption_column;
  std::string tagger;
  std::string from;
  std::string project;
  std::string layers;
  bool given_labels = false;
  std::int64_t examples = 12000;
  double synthetic = 0.45;
  bool prepare = false;

  /// Numbers that were not given become these.
  void set_run_defaults(std::int64_t step_count, std::int64_t batch_size, double rate) {
    if (steps == 0) steps = step_count;
    if (batch == 0) batch = batch_size;
    if (learning_rate == 0) learning_rate = rate;
  }

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder of the model; made when missing");
    v.value("--config", "FILE", config, "config.json in Hugging Face's form (or a folder with one), or nano");
    visit_manifests(v, "captions of labels and of the tagger's classes; empty: the built-in table");
    v.value("--caption-column", "NAME", caption_column, "column of captions, several divided by |");
    v.value("--tagger", "MODEL", tagger, "an AudioSet tagger to learn from, by name or path");
    v.value("--from", "MODEL", from, "begin with the weights of this CLAP or tagger, by name or path");
    v.value("--project", "DIR", project, "learn from the accepted windows of this project");
    v.value("--layers", "WHICH", layers,
            "of a tagger: last (default: the last stage and the classifier) or all");
    v.flag("--given-labels", given_labels,
           "a tagger learns the given labels, not the accepted ones: for comparisons");
    v.value("--examples", "N", examples, Range{1, 1e8},
            "crops and mixtures to render; of a tagger, windows to learn at most");
    v.value("--synthetic", "SHARE", synthetic, Range{0, 1}, "share of examples that are synthetic sounds");
    v.flag("--prepare", prepare, "only render the examples");
    visit_run(v, 2, "examples per step", "; 0: see above");
  }
};

}  // namespace pupil::cli
