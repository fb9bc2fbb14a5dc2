// SPDX-License-Identifier: Apache-2.0
// A data set of noisy recordings from clean ones, for `pupil mix`: what separation is worth can be asked of it, for the
// clean sound of every mixture is beside it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "corpus/sources.h"

namespace pupil::pipeline {

struct MixtureSetOptions {
  std::vector<double> snr_db;        ///< a mixture of each clip at each
  std::int64_t clips_per_class = 0;  ///< of each split; 0: all
  double duration_s = 5;             ///< of a mixture; shorter clips end earlier
  std::uint64_t seed = 1;
};

struct MixtureSetSummary {
  std::int64_t mixture_count = 0;
  std::int64_t silent_count = 0;  ///< pairs of which one is silent: left out
};

/// Writes `out`/noisy and `out`/clean with the same file names (FLAC, 32 kHz), and noisy.csv and clean.csv, which say
/// path, label, group (the clean clip's recording), split, snr_db and background. Clips of a split are mixed with
/// backgrounds of the same split alone; where a source names no split, its recordings are divided as
/// corpus::split_of() does. Where `backgrounds` is empty, clips of other labels are. Same sources and options, same
/// bytes; files that are there already are kept, so that it may be stopped and started again. Error: as plan_trials(), a
/// file that cannot be decoded, a folder of other sources or options, DiskError.
MixtureSetSummary write_mixture_set(const corpus::Source& clean,
                                    const std::vector<corpus::Source>& backgrounds,
                                    const MixtureSetOptions& options, const std::filesystem::path& out);

}  // namespace pupil::pipeline
