// SPDX-License-Identifier: Apache-2.0
// Options of `pupil pretrain separator`; a header, so that `pupil` can check them and print --help before it
// hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"
#include "pretrain_options.h"

namespace pupil::cli {

struct PretrainSeparatorOptions : ManifestRows, PretrainingRun {
  static constexpr std::string_view kDetails =
      "Trains an AudioSep of any size on mixtures made on the fly: a clip of what is asked for in words, "
      "other sounds\n"
      "over it at a random ratio, and writes it to OUT with its own text tower and tokenizer, in the "
      "published names.\n"
      "Only recordings under CC0, CC BY, MIT or in the public domain are used; others are counted and left "
      "alone.\n"
      "Stop it anywhere and run it again: it goes on, and ends with the same numbers.";

  std::string out;
  bool no_synthetic = false;
  std::vector<std::string> families = {
      "dog=bark|growl|growl_play|howl|whine|yelp|pant|dog_mixed|dog_unspecified"};
  double focus = 0.75;
  double absent = 0.12;
  double snr_low_db = -7;
  double snr_high_db = 10;
  double duration_s = 1.91;
  std::vector<std::int64_t> channels = {8, 16, 32, 48, 64};
  std::vector<std::string> poolings = {"2x4", "2x2", "2x2", "2x2", "1x2"};
  std::int64_t bins = 513;
  std::int64_t condition = 64;
  std::int64_t vocabulary = 800;
  double si_sdr_weight = 0;

  PretrainSeparatorOptions() {
    steps = 6000;
    batch = 4;
    learning_rate = 2e-3;
  }

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder of the model; made when missing");
    visit_manifests(v, "phrases of labels; empty: the built-in table");
    v.flag("--no-synthetic", no_synthetic, "recordings alone, no synthetic sounds");
    v.list("--family", "NAME=LABEL|LABEL", families,
           "labels that one word asks for together; the first family is the focus");
    v.value("--focus", "SHARE", focus, Range{0, 1},
            "share of mixtures that ask for a member of the first family");
    v.value("--absent", "SHARE", absent, Range{0, 1}, "share of mixtures without what is asked for");
    v.value("--snr-low", "DB", snr_low_db, Range{-60, 60}, "lowest ratio of what is asked for to the rest");
    v.value("--snr-high", "DB", snr_high_db, Range{-60, 60}, "highest ratio");
    v.value("--duration", "SECONDS", duration_s, Range{0.2, 60}, "of a mixture");
    v.list("--channels", "N", channels, Range{1, 65536},
           "channels of the encoder blocks, one after the other");
    v.list("--pooling", "ROWSxCOLUMNS", poolings,
           "how an encoder block shrinks the map, along time x frequency");
    v.value("--bins", "N", bins, Range{2, 100000},
            "of the spectrogram, window / 2 + 1: 513 is 32 ms, 1025 the published 64 ms");
    v.value("--condition", "N", condition, Range{1, 65536}, "length of a query's embedding");
    v.value("--vocabulary", "N", vocabulary, Range{1, 1e6}, "tokens of the text tower");
    v.value("--si-sdr-weight", "X", si_sdr_weight, Range{0, 1000},
            "of SI-SDR in dB beside L1; 0: L1 alone, as published");
    visit_run(v, 1, "mixtures per step");
  }

  /// UsageError.
  void check() const {
    if (manifests.empty() && no_synthetic)
      throw UsageError("--no-synthetic without --manifest leaves nothing to learn from");
    if (channels.size() != poolings.size()) throw UsageError("as many --pooling as --channels");
    if (!(snr_low_db <= snr_high_db)) throw UsageError("--snr-low is above --snr-high");
  }
};

}  // namespace pupil::cli
