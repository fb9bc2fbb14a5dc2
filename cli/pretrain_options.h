// SPDX-License-Identifier: Apache-2.0
// What every `pupil pretrain` command is told: which recordings it may learn from, and how a training runs.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "base/text.h"

namespace pupil::cli {

struct LicensedRows {
  std::string licence_column = "licence";
  std::string licence;
  std::vector<std::string> where;

  template <typename Visitor>
  void visit_rows(Visitor& v) {
    v.value("--licence-column", "NAME", licence_column, "column of licences");
    v.value("--licence", "TEXT", licence, "licence of all recordings, where no column says it");
    v.list("--where", "COLUMN=VALUE", where, "only these rows; several values divided by |");
  }
};

struct ManifestRows : LicensedRows {
  std::vector<std::string> manifests;
  std::string root;
  std::string label_column;
  std::string phrases;

  /// `phrases_for`: what --phrases turns labels into.
  template <typename Visitor>
  void visit_manifests(Visitor& v, std::string_view phrases_for) {
    v.list("--manifest", "FILE", manifests, "CSV of recordings, or JSON list of such with their columns");
    v.value("--root", "DIR", root, "what the manifest's paths are relative to; empty: its own folder");
    v.value("--label-column", "NAME", label_column, "column of labels, which --phrases puts into words");
    visit_rows(v);
    v.value("--phrases", "FILE", phrases, phrases_for);
  }
};

struct PretrainingRun {
  std::string work;
  std::int64_t steps = 0;
  std::int64_t batch = 0;
  double learning_rate = 0;
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  bool fresh = false;
  bool json = false;

  /// Where examples and checkpoints are kept; `out` is what is made.
  std::string work_folder(const std::string& out) const { return work.empty() ? out + ".work" : work; }

  /// `least_batch` of what `batch_of` names. `unset`: what 0 means where numbers have no one default.
  template <typename Visitor>
  void visit_run(Visitor& v, double least_batch, std::string_view batch_of, std::string_view unset = "") {
    v.value("--work", "DIR", work, "where examples and checkpoints are kept; empty: OUT.work");
    v.value("--steps", "N", steps, Range{1, 1e9}, concat("batches to train on", unset));
    v.value("--batch", "N", batch, Range{least_batch, 65536}, concat(batch_of, unset));
    v.value("--learning-rate", "X", learning_rate, Range{1e-7, 1}, concat("at its height", unset));
    v.value("--seed", "N", seed, kSeedRange, "of everything that is drawn");
    v.value("--threads", "N", threads, kThreadRange, "processors; 0: all");
    v.flag("--fresh", fresh, "forget the checkpoint and begin anew; rendered examples are kept");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace pupil::cli
