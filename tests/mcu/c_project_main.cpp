// SPDX-License-Identifier: Apache-2.0
// Writes the C project of a network of random weights:   c_project NAME HOP_MS FOLDER    NAME: micro, tiny, small...

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cproject/c_project.h"
#include "model/model_file_test.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: c_project NAME HOP_MS FOLDER\n", stderr);
    return 2;
  }
  const pupil::edge::LoadedModel model(argv[1]);
  if (model.status != pupil::edge::Status::ok) return 1;
  try {
    pupil::cproject::write_c_project(model.model, argv[1], std::atoi(argv[2]), argv[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "c_project: %s\n", error.what());
    return 1;
  }
  return 0;
}
