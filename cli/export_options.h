// SPDX-License-Identifier: Apache-2.0
// Options of `pupil export`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <string>
#include <string_view>

namespace pupil::cli {

struct ExportOptions {
  static constexpr std::string_view kDetails =
      "Writes the trained student of a project to DIR/model:\n"
      "  NAME.pupil   the model: network, labels, front end and where they came from (pupil inspect shows "
      "it)\n"
      "  NAME.onnx    the same network for other engines, int8 with QDQ, input: log-mel frames [1, 1, T, F]\n"
      "  NAME.h       the model as a C array\n"
      "  NAME.golden  sounds and what the model makes of them, to the bit (pupil verify checks a machine by "
      "it)\n"
      "--c-project writes a folder beside them that builds as it is, for micro-controllers: the model, the device "
      "library,\n"
      "a program that reads PCM and one that tests the machine.";

  std::string dir;
  std::string name;
  std::string student;
  std::string out;
  std::string c_project;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project");
    v.value("--name", "NAME", name, "of the files; empty: the project's name");
    v.value("--student", "FILE", student,
            "a trained student or a model file (.pupil); empty: DIR/train/student.safetensors");
    v.value("--out", "FOLDER", out, "where the files go; empty: DIR/model");
    v.value("--c-project", "FOLDER", c_project, "also write the model as a C project there");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
