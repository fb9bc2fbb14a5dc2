// SPDX-License-Identifier: Apache-2.0
// For review_check.py: makes the labelled project of review/test_review.h in a folder.

#include <cstdio>
#include <cstdlib>

#include "review/test_review.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "review_project FOLDER CLIPS\n");
    return 2;
  }
  pupil::review::make_review_project(argv[1], std::atoi(argv[2]));
}
