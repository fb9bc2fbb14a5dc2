// SPDX-License-Identifier: Apache-2.0
// Options of `pupil bench teacher`; a header, so that `pupil` can check them before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"

namespace pupil::cli {

struct BenchTeacherOptions {
  static constexpr std::string_view kDetails =
      "CPU seconds per 10 s clip of CLAP's audio tower, HTSAT-tiny at full size with random weights, from "
      "log-mel\n"
      "frames on; the median of --repeat runs counts. The reference's own figures stand beside: 0.097 s a "
      "clip\n"
      "alone, 0.129 s in a batch of 8 (PyTorch 1.13, one thread, OPENBLAS_CORETYPE=SkylakeX).\n"
      "Then how often bf16 gives the same top label as f32, on one-second windows of synthetic sounds: each "
      "is\n"
      "labelled with the nearest of ten of them, by embeddings from which the mean was taken out (random "
      "weights\n"
      "put all sounds close together, which would make labels too easy to keep).";

  std::vector<std::int64_t> threads = {1, 2};
  std::int64_t repeat = 5;
  std::int64_t windows = 400;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.list("--threads", "N", threads, Range{1, 1024}, "thread counts to measure");
    v.value("--repeat", "N", repeat, Range{1, 10000}, "runs of each figure");
    v.value("--windows", "N", windows, Range{0, 1e6}, "windows whose labels are compared; 0: none");
    v.flag("--json", json, "machine-readable output");
  }

  /// UsageError.
  void check() const {
    if (windows != 0 && windows < 10) throw UsageError("--windows: 10 or more, or 0");
  }
};

}  // namespace pupil::cli
