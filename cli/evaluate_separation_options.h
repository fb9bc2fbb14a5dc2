// SPDX-License-Identifier: Apache-2.0
// Options of `pupil evaluate-separation`; a header, so that `pupil` can check them before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"

namespace pupil::cli {

struct EvaluateSeparationOptions {
  static constexpr std::string_view kDetails =
      "Mixes clean clips with backgrounds at given signal-to-noise ratios, separates them, and says how many "
      "dB\n"
      "nearer to the clean clip the output is than the mixture was: SDRi and SI-SDRi per class. CLEAN and "
      "--background\n"
      "are labelled folders or indexes of any kind that `pupil collect` reads.\n"
      "The query of a class is its name as words, unless --project or --query-of says otherwise.";

  std::string clean;
  std::vector<std::string> backgrounds;
  std::string model;
  std::vector<double> snr_db = {0};
  std::vector<std::string> query_of;
  std::string project;
  std::string condition;
  std::vector<std::string> classes;
  std::int64_t clips_per_class = 20;
  double duration_s = 5;
  std::int64_t seed = 1;
  std::string split;
  std::string audio;
  std::string precision = "f32";
  std::string device = "auto";
  std::int64_t threads = 0;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("CLEAN", clean, "labelled folder or index: one sound per clip");
    v.list("--background", "SOURCE", backgrounds,
           "where backgrounds come from; none: CLEAN's clips of other classes");
    v.value("--model", "M", model, "AudioSep checkpoint: a path or the name of a fetched model");
    v.list("--snr", "DB", snr_db, Range{-60, 60}, "signal-to-noise ratios of the mixtures");
    v.list("--classes", "NAME", classes, "only these classes of CLEAN");
    v.list("--query-of", "CLASS=TEXT", query_of, "the query of a class");
    v.value("--project", "DIR", project, "take classes and queries from this project's pupil.toml");
    v.value("--condition", "FILE:KEY[:ROW]", condition,
            "one ready condition for all classes instead of queries");
    v.value("--clips-per-class", "N", clips_per_class, Range{0, 1e6},
            "clean clips per class and ratio, chosen by --seed; 0: all");
    v.value("--duration", "SECONDS", duration_s, Range{0.1, 60},
            "of a mixture; longer clips are cut, shorter ones end earlier");
    v.value("--seed", "N", seed, kSeedRange, "same seed, same mixtures");
    v.value("--split", "NAME", split, "only clips of this split: train, val or test");
    v.value(
        "--audio", "DIR", audio,
        "keep the mixtures, the backgrounds alone and what the separator makes of both, with an index.csv");
    v.value("--precision", "P", precision, "f32 or bf16");
    v.value("--device", "D", device, "auto, cpu or cuda");
    v.value("--threads", "N", threads, kThreadRange, "threads; 0: all processors");
    v.flag("--json", json, "machine-readable output");
  }

  /// UsageError.
  void check() const {
    if (model.empty()) throw UsageError("--model is missing");
  }
};

}  // namespace pupil::cli
