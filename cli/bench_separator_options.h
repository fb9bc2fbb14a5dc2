// SPDX-License-Identifier: Apache-2.0
// Options of `pupil bench separator`; a header, so that `pupil` can check them before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"

namespace pupil::cli {

struct BenchSeparatorOptions {
  static constexpr std::string_view kDetails =
      "CPU seconds per 10 s of 32 kHz audio, the network of AudioSep at full size with random weights. Each "
      "row is\n"
      "measured in a process of its own (for its peak memory):\n"
      "  whole     the 10 s at once; the smallest of --repeat runs\n"
      "  windows   20 s in windows with context and cross-fade, per 10 s: what `pupil separate` does with "
      "long audio\n"
      "  chunks    the 10 s cut as the reference implementation's chunk_inference does\n"
      "The reference's own figures stand beside: 7.1 s whole, 12.5 s in its chunks (PyTorch 1.13, one "
      "thread).\n"
      "bf16 is compared with f32 by the SI-SDR that a separation of 10 dB and one of 20 dB lose by it.";

  std::vector<std::int64_t> threads = {1, 2};
  std::vector<std::string> precisions = {"f32", "bf16"};
  std::int64_t repeat = 3;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.list("--threads", "N", threads, Range{1, 1024}, "thread counts to measure");
    v.list("--precision", "P", precisions, "precisions to measure: f32, bf16");
    v.value("--repeat", "N", repeat, Range{1, 10000}, "runs of the whole 10 s");
    v.flag("--json", json, "machine-readable output");
  }
};

}  // namespace pupil::cli
