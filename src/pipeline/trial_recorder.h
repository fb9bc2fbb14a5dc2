// SPDX-License-Identifier: Apache-2.0
// Keeps the audio of `pupil evaluate-separation`, as labelled clips: what a teacher makes of them is then a
// matter of `pupil bench zero-shot`.
//
//   FOLDER/00017_mixture.wav, 00017_mixture_separated.wav         label: the clean clip's
//   FOLDER/00017_background.wav, 00017_background_separated.wav   label: "background"; the same query
//   FOLDER/index.csv    path,label,snr_db,version; version is "mixture" or "separated"

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/separation_trial.h"

namespace pupil::pipeline {

class TrialRecorder {
 public:
  /// Makes the folder where it is missing.
  explicit TrialRecorder(std::filesystem::path folder);

  /// `separated`: what the separator made of the mixture; `separate`: asks it the same of the background
  /// alone. Error: a file cannot be written.
  void add(const SeparationTrial& trial, const TrialAudio& audio, std::span<const float> separated,
           const std::function<std::vector<float>(std::span<const float>)>& separate);

  /// Writes index.csv. Error: it cannot be written.
  void finish() const;

 private:
  void write(const SeparationTrial& trial, const std::string& label, const std::string& name,
             const std::string& version, std::span<const float> samples);

  std::filesystem::path folder_;
  std::int64_t trial_count_ = 0;
  std::string index_ = "path,label,snr_db,version\n";
};

}  // namespace pupil::pipeline
