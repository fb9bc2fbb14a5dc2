// SPDX-License-Identifier: Apache-2.0
// Options of `pupil evaluate`; a header, so that `pupil` can check them and print --help before it hands
// over.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct EvaluateOptions {
  static constexpr std::string_view kDetails =
      "TARGET is a project's folder, or a model file.\n"
      "A project: measures DIR/model/NAME.pupil as the device runs it, the float student and the teacher's "
      "stored\n"
      "scores on the test and validation recordings, and writes DIR/report/index.html (one file, open it in "
      "any\n"
      "browser) and DIR/report/report.json.\n"
      "A model file: measures it on the labelled recordings of --data (a folder with a sub-folder per class, "
      "or an\n"
      "index); labels that are no class of the model stand for \"none of these\".";

  std::string target;
  std::vector<std::string> data;
  std::vector<std::string> long_files;
  std::string path_column;
  std::string label_column = "label";
  std::string group_column;
  std::string split_column;
  std::string split;
  std::string root;
  std::vector<std::string> map;
  std::string microphones;
  std::string model;
  std::string out;
  double hop_s = 0.5;
  bool no_page = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("TARGET", target, "folder of a project, or a .pupil file");
    v.list("--data", "PATH", data, "labelled recordings: folders, or indexes (.csv)");
    v.list(
        "--long", "FILE", long_files,
        "long recordings, to count false alarms in; what happens in FILE.wav may stand in FILE.csv (onset_s, "
        "offset_s, label)");
    v.value("--path-column", "NAME", path_column, "column of an index: the file, relative to the index");
    v.value("--label-column", "NAME", label_column, "column: the given label");
    v.value("--group-column", "NAME", group_column, "column: the recording a clip was cut from");
    v.value("--split-column", "NAME", split_column, "column: train, val or test (with --split)");
    v.value("--split", "NAME", split, "of --data only this split: train, val or test");
    v.value("--root", "FOLDER", root, "folder that the paths of an index start from, if not its own");
    v.list("--map", "GIVEN=CLASS", map, "given labels that mean a class of the model: dog_bark=bark");
    v.value("--microphones", "FOLDER", microphones,
            "of a project: impulse responses to pass the clips through");
    v.value("--model", "FILE", model, "of a project: the model to measure; empty: the exported one");
    v.value("--out", "FOLDER", out, "of a model file: where index.html and report.json go; empty: nowhere");
    v.value("--hop-s", "SECONDS", hop_s, Range{0.01, 3600}, "of --data: from one window to the next");
    v.flag("--no-page", no_page, "of a project: report.json alone");
    v.flag("--json", json, "report.json to standard output");
  }
};

}  // namespace pupil::cli
