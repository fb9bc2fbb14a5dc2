// SPDX-License-Identifier: Apache-2.0
// Options of `pupil train`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <string>
#include <string_view>

namespace pupil::cli {

struct TrainOptions {
  static constexpr std::string_view kDetails =
      "Teaches the student of [train] in pupil.toml what the teacher said of the accepted windows, then "
      "makes it\n"
      "int8. Stop it anywhere and run it again: it goes on, and ends with the same bytes.\n"
      "Writes DIR/train/student.safetensors, metrics.jsonl and metrics.svg.";

  std::string dir;
  std::string out;
  std::string set;
  std::string processes;
  bool fresh = false;
  bool prepare = false;
  bool describe = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--out", "FOLDER", out, "where the student is made; empty: DIR/train");
    v.value("--set", "FILE", set, "a training set that was prepared elsewhere, instead of DIR's catalogue");
    v.value(
        "--processes", "N", processes,
        "train by so many processes of this machine, with the same result; auto: by those that srun or mpirun started");
    v.flag("--fresh", fresh, "forget a checkpoint and begin anew");
    v.flag("--prepare", prepare, "only make the training set and say where it is");
    v.flag("--describe", describe, "only print the network of [train] and what it costs");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
