// SPDX-License-Identifier: Apache-2.0
// Options of `pupil embed`; a header, so that `pupil` can check them and print --help before it hands over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"

namespace pupil::cli {

struct EmbedOptions {
  static constexpr std::string_view kDetails =
      "Embeddings of recordings and texts from CLAP, and how well they go together (rows: recordings, "
      "columns:\n"
      "texts); from an AudioSet tagger its score for every class. For looking, and for checking against "
      "others.";

  std::string model;
  std::vector<std::string> audio;
  std::vector<std::string> text;
  std::string tokenizer;
  std::string precision = "f32";
  std::int64_t threads = 0;
  bool quantise_int16 = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "a checkpoint, a model's folder, or the name of a fetched model");
    v.list("--audio", "FILE...", audio, "recordings, any format and rate");
    v.list("--text", "TEXT...", text, "phrases (CLAP only)");
    v.value("--tokenizer", "DIR", tokenizer,
            "vocab.json and merges.txt, or tokenizer.json; empty: the model's own");
    v.value("--precision", "f32|bf16", precision, "of CLAP's audio tower");
    v.value("--threads", "N", threads, kThreadRange, "processor cores; 0: all");
    v.flag("--quantise-int16", quantise_int16, "round audio to 16 bits first, as LAION's own scripts do");
    v.flag("--json", json, "everything, machine-readable");
  }
};

}  // namespace pupil::cli
