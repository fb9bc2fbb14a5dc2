// SPDX-License-Identifier: Apache-2.0
// Mixtures with a known answer, for `pupil evaluate-separation`: what is mixed with what, and how.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "corpus/sources.h"

namespace pupil::pipeline {

/// A clean clip, the background it is laid over, and the ratio of their energies.
struct SeparationTrial {
  std::string label;
  std::filesystem::path clean;
  std::filesystem::path background;
  double snr_db = 0;
  std::uint64_t seed = 0;  ///< decides where the background begins
};

struct TrialPlan {
  std::vector<std::string> classes;  ///< empty: all
  std::vector<double> snr_db;
  std::int64_t clips_per_class = 0;  ///< 0: all
  std::uint64_t seed = 1;
  std::optional<corpus::Split> split;
};

/// Trials by class, then clip, then ratio. Only clips with exactly one label take part as clean ones; where
/// `backgrounds` is empty, clips of other labels are the backgrounds. Same sources and plan, same trials.
/// Error: a class that does not occur, or no background for one.
std::vector<SeparationTrial> plan_trials(const corpus::Source& clean,
                                         const std::vector<corpus::Source>& backgrounds,
                                         const TrialPlan& plan);

/// Samples at separator::kSampleRateHz [L], equally long; mixture = truth + background, together turned down where they would
/// exceed full scale.
struct TrialAudio {
  std::vector<float> truth;
  std::vector<float> mixture;
};

/// At most `duration_s` of the clean clip, and the background turned to the trial's ratio, repeated where it
/// is too short. Nothing where one of them is silent. Error: a file cannot be decoded.
std::optional<TrialAudio> mix_trial(const SeparationTrial& trial, double duration_s);

}  // namespace pupil::pipeline
