// SPDX-License-Identifier: Apache-2.0
// Options of `pupil pretrain student`; a header, so that `pupil` can check them and print --help before it
// hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"
#include "pretrain_options.h"

namespace pupil::cli {

struct PretrainStudentOptions : LicensedRows, PretrainingRun {
  static constexpr std::string_view kDetails =
      "Trains the backbone of students: the body of a MelCNN, which learns an AudioSet tagger's embedding "
      "and\n"
      "probabilities on sounds of all kinds, without labels. A project begins with it by [train] init = "
      "\"OUT\". Only\n"
      "recordings under CC0, CC BY, MIT or in the public domain are used, unless --any-licence. First examples "
      "(mixtures of\n"
      "a second) are rendered and scored by the tagger once, into OUT.work; then the network is trained on "
      "them, mixed\n"
      "and changed anew each time. Stop it anywhere and run it again: it goes on, and ends with the same "
      "bytes.";

  std::string out;
  std::string teacher;
  std::vector<std::string> audio;
  std::string group_column = "group";
  bool any_licence = false;
  std::vector<std::string> exclude;
  double held_out = 0.05;
  double synthetic = 0.15;
  std::string network = "small";
  std::string body = "inverted";
  std::int64_t examples = 24000;
  std::int64_t held_out_examples = 1024;
  double embedding_weight = 1;
  double class_weight = 0.1;
  double mix = 0.5;
  bool prepare = false;

  PretrainStudentOptions() {
    steps = 12000;
    batch = 64;
    learning_rate = 3e-3;
  }

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder of the backbone; made when missing");
    v.value("--teacher", "MODEL", teacher, "the AudioSet tagger to learn from, by name or path");
    v.list("--audio", "DIR", audio,
           "folder of recordings; its index.csv, where it has one, says which (column path)");
    v.value("--group-column", "NAME", group_column,
            "column of recordings of one origin, which are never divided");
    visit_rows(v);
    v.flag("--any-licence", any_licence,
           "learn from every recording: for measuring, the backbone may not be given away");
    v.list("--exclude", "DIR", exclude,
           "leave out what repeats a recording in this folder: what judges later");
    v.value("--held-out", "SHARE", held_out, Range{0.001, 0.5},
            "share of the groups that judges the training");
    v.value("--synthetic", "SHARE", synthetic, Range{0, 1}, "share of sounds that are synthetic");
    v.value("--network", "SIZE", network, "tiny, small or base");
    v.value("--body", "KIND", body, "of its blocks: inverted, separable, cp or plain");
    v.value("--examples", "N", examples, Range{1, 1e8}, "mixtures to render");
    v.value("--held-out-examples", "N", held_out_examples, Range{1, 1e6}, "mixtures of what is held out");
    v.value("--embedding-weight", "X", embedding_weight, Range{0, 1000},
            "of 1 - cosine to the teacher's embedding");
    v.value("--class-weight", "X", class_weight, Range{0, 1000}, "of the cross-entropy to its probabilities");
    v.value("--mix", "P", mix, Range{0, 1}, "probability that two examples are mixed");
    v.flag("--prepare", prepare, "render the examples and stop");
    visit_run(v, 2, "windows per step");
  }

  /// UsageError.
  void check() const {
    if (teacher.empty()) throw UsageError("--teacher is missing: the tagger to learn from");
    if (audio.empty() && synthetic == 0)
      throw UsageError("--synthetic 0 without --audio leaves nothing to learn from");
    if (embedding_weight + class_weight == 0)
      throw UsageError("--embedding-weight and --class-weight are both 0");
  }
};

}  // namespace pupil::cli
