// SPDX-License-Identifier: Apache-2.0
// Options of `pupil pretrain teacher`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct PretrainTeacherOptions {
  static constexpr std::string_view kDetails =
      "Trains a CLAP of any size from recordings with captions or labels, synthetic sounds and what a tagger scores in\n"
      "them, and writes it to OUT in Hugging Face's layout. Only recordings under CC0, CC BY, MIT or in the public\n"
      "domain are used; others are counted and left alone. First examples (crops and mixtures) are rendered and scored by\n"
      "the tagger once, into OUT.work; then the network is trained on them. Stop it anywhere and run it again: it goes\n"
      "on, and ends with the same numbers. With --from it begins with the weights of another CLAP; with --project it\n"
      "learns from a project's accepted windows.";

  std::string out;
  std::string config = "nano";
  std::vector<std::string> manifests;
  std::string root;
  std::string caption_column;
  std::string label_column;
  std::string licence_column = "licence";
  std::string licence;
  std::vector<std::string> where;
  std::string phrases;
  std::string tagger;
  std::string from;
  std::string project;
  std::string work;
  std::int64_t examples = 12000;
  double synthetic = 0.45;
  std::int64_t steps = 3000;
  std::int64_t batch = 48;
  double learning_rate = 1e-3;
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  bool fresh = false;
  bool prepare = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder of the model; made when missing");
    v.value("--config", "FILE", config, "config.json in Hugging Face's form (or a folder with one), or nano");
    v.list("--manifest", "FILE", manifests, "CSV of recordings, or JSON list of such with their columns");
    v.value("--root", "DIR", root, "what the manifest's paths are relative to; empty: its own folder");
    v.value("--caption-column", "NAME", caption_column, "column of captions, several divided by |");
    v.value("--label-column", "NAME", label_column, "column of labels, which --phrases turns into captions");
    v.value("--licence-column", "NAME", licence_column, "column of licences");
    v.value("--licence", "TEXT", licence, "licence of all rows, where no column says it");
    v.list("--where", "COLUMN=VALUE", where, "only these rows; several values divided by |");
    v.value("--phrases", "FILE", phrases,
            "captions of labels and of the tagger's classes; empty: the built-in table");
    v.value("--tagger", "MODEL", tagger, "an AudioSet tagger to learn from, by name or path");
    v.value("--from", "MODEL", from, "begin with the weights of this CLAP, by name or path");
    v.value("--project", "DIR", project, "learn from the accepted windows of this project");
    v.value("--work", "DIR", work, "where examples and checkpoints lie; empty: OUT.work");
    v.value("--examples", "N", examples, Range{1, 1e8}, "crops and mixtures to render");
    v.value("--synthetic", "SHARE", synthetic, Range{0, 1}, "share of examples that are synthetic sounds");
    v.value("--steps", "N", steps, Range{1, 1e9}, "batches to train on");
    v.value("--batch", "N", batch, Range{2, 65536}, "examples per step");
    v.value("--learning-rate", "X", learning_rate, Range{1e-7, 1}, "at its height");
    v.value("--seed", "N", seed, kSeedRange, "of everything that is drawn");
    v.value("--threads", "N", threads, kThreadRange, "processors; 0: all");
    v.flag("--fresh", fresh, "forget checkpoints and begin anew; rendered examples are kept");
    v.flag("--prepare", prepare, "only render the examples");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
