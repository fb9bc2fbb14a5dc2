// SPDX-License-Identifier: Apache-2.0
// Options of `pupil separate`; a header, so that `pupil` can check them and print --help before it hands
// over.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"

namespace pupil::cli {

struct SeparateOptions {
  static constexpr std::string_view kDetails =
      "pupil separate DIR            the stage: every clip of the project is separated with the queries of "
      "its\n"
      "                              classes, as [separate] in pupil.toml says. Stop it anywhere and run it "
      "again.\n"
      "pupil separate IN OUT --model M --query \"a dog barking\"\n"
      "                              one recording of any format; OUT is .wav or .flac, mono, 32 kHz.";

  std::vector<std::string> words;
  std::string model;
  std::string query;
  std::string condition;
  std::string residual;
  std::string report;
  double mix = 0;
  std::int64_t channel = -1;
  bool raw_float = false;
  bool reference_chunks = false;
  std::string precision = "f32";
  std::string device = "auto";
  std::int64_t threads = 0;
  std::string shard;
  std::int64_t report_clips = 20;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positionals("DIR | IN OUT", words, 1,
                  "a project's folder, or a recording and where its separated sound goes");
    v.value("--model", "M", model,
            "AudioSep checkpoint: a path or the name of a fetched model (stage: as in pupil.toml)");
    v.value("--query", "TEXT", query, "the wanted sound in words");
    v.value(
        "--condition", "FILE:KEY[:ROW]", condition,
        "a ready condition instead of a query: tensor KEY of a safetensors file, [D] or [N, D]; ROW from 0");
    v.value("--residual", "FILE", residual, "write what was taken away: IN minus OUT");
    v.value("--report", "FILE.html", report, "write a page with spectrograms and players, before and after");
    v.value("--mix", "SHARE", mix, Range{0, 1},
            "share of the original that is blended back (stage: as in pupil.toml)");
    v.value("--channel", "N", channel, Range{-1, 1023}, "take this channel, from 0; -1: the mean of all");
    v.flag("--raw-float", raw_float, "write 32-bit float WAV, unrounded");
    v.flag("--reference-chunks", reference_chunks, "cut as the reference implementation does, for comparing");
    v.value("--precision", "P", precision,
            "f32, or bf16: faster where the processor has it (stage: as in pupil.toml)");
    v.value("--device", "D", device, "auto, cpu or cuda");
    v.value("--threads", "N", threads, kThreadRange, "threads; 0: all processors");
    v.value("--shard", "I/N", shard,
            "stage: part I (from 0) of the N that pupil plan has made; auto: the launcher's (Slurm, mpirun)");
    v.value("--report-clips", "N", report_clips, Range{0, 10000},
            "stage: so many clips on the page of --report");
    v.flag("--json", json, "machine-readable summary");
  }

  bool is_stage() const { return words.size() == 1; }

  /// What the two forms demand and forbid. UsageError.
  void check() const {
    if (words.size() > 2) throw UsageError("too many words: DIR, or IN and OUT");
    if (is_stage()) {
      if (!shard.empty() && !report.empty())
        throw UsageError("--report shows views of the catalogue, and --shard makes none");
      const bool one_off = !query.empty() || !condition.empty() || !residual.empty() || raw_float ||
                           reference_chunks || !model.empty() || mix != 0 || channel != -1 ||
                           precision != "f32";
      if (one_off) throw UsageError("these options are for IN OUT; the stage reads [separate] of pupil.toml");
      return;
    }
    if (model.empty()) throw UsageError("--model is missing");
    if (query.empty() == condition.empty()) throw UsageError("give either --query or --condition");
    if (!shard.empty()) throw UsageError("--shard is for the stage");
  }
};

}  // namespace pupil::cli
