// SPDX-License-Identifier: Apache-2.0
// Options of `pupil bench train`; a header, so that `pupil` can check them and print --help before it hands
// over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/range.h"

namespace pupil::cli {

struct BenchTrainOptions {
  static constexpr std::string_view kDetails =
      "Times steps of a training on synthetic sounds, after some to warm up: the median of several rounds.\n"
      "The limit by arithmetic is 3 multiply-accumulates per weight use (forward and twice backward) at the "
      "rate of\n"
      "multiply-adds on registers alone, measured in the same run.";

  std::string size = "small";
  std::string body = "inverted";
  std::int64_t batch = 64;
  std::int64_t threads = 0;
  std::int64_t steps = 20;
  std::int64_t rounds = 7;
  std::int64_t classes = 50;
  std::string device = "cpu";
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.value("--size", "NAME", size, "tiny, small or base");
    v.value("--body", "NAME", body, "inverted, separable, cp or plain");
    v.value("--batch", "N", batch, Range{2, 65536}, "windows per step");
    v.value("--threads", "N", threads, kThreadRange, "processors; 0: all");
    v.value("--steps", "N", steps, Range{1, 1e6}, "steps per round");
    v.value("--rounds", "N", rounds, Range{1, 10000}, "rounds");
    v.value("--classes", "N", classes, Range{2, 10000}, "classes");
    v.value("--device", "NAME", device, "auto, cpu or cuda");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
