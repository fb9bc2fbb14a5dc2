// SPDX-License-Identifier: Apache-2.0
// Options of `pupil mix`; a header, so that `pupil` can check them before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct MixOptions {
  static constexpr std::string_view kDetails =
      "Noisy recordings with a known answer: each clean clip over a background, at each ratio. OUT/noisy.csv is an index\n"
      "of the mixtures, OUT/clean.csv of the same clips alone; both carry label, recording and split. What is of one split\n"
      "is mixed with backgrounds of that split alone. Stop it at any time and run it again: it goes on.";

  std::string clean;
  std::string out;
  std::vector<std::string> backgrounds;
  std::vector<double> snr_db = {10, 5, 0, -5};
  std::int64_t clips_per_class = 0;
  double duration_s = 5;
  std::int64_t seed = 1;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("CLEAN", clean, "labelled folder or index: one sound per clip");
    v.positional("OUT", out, "folder to fill: new, or an earlier one of the same options");
    v.list("--background", "SOURCE", backgrounds,
           "where backgrounds come from; none: CLEAN's clips of other labels");
    v.list("--snr", "DB", snr_db, Range{-60, 60}, "signal-to-noise ratios of the mixtures");
    v.value("--clips-per-class", "N", clips_per_class, Range{0, 1e6},
            "of each split, chosen by --seed; 0: all");
    v.value("--duration", "SECONDS", duration_s, Range{0.1, 60},
            "of a mixture; longer clips are cut, shorter ones end earlier");
    v.value("--seed", "N", seed, kSeedRange, "same seed, same mixtures");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
