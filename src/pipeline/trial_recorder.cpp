// SPDX-License-Identifier: Apache-2.0
#include "pipeline/trial_recorder.h"

#include <cstdio>

#include "audio/sound_writer.h"
#include "base/file_system.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "separator/separator.h"

namespace pupil::pipeline {
TrialRecorder::TrialRecorder(std::filesystem::path folder) : folder_(std::move(folder)) {
  make_folders(folder_);
}

void TrialRecorder::add(const SeparationTrial& trial, const TrialAudio& audio,
                        std::span<const float> separated,
                        const std::function<std::vector<float>(std::span<const float>)>& separate) {
  char number[16];
  std::snprintf(number, sizeof number, "%05lld", static_cast<long long>(trial_count_++));
  std::vector<float> background = audio.mixture;
  for (std::size_t i = 0; i < background.size(); ++i) background[i] -= audio.truth[i];
  write(trial, trial.label, concat(number, "_mixture"), "mixture", audio.mixture);
  write(trial, trial.label, concat(number, "_mixture_separated"), "separated", separated);
  write(trial, "background", concat(number, "_background"), "mixture", background);
  write(trial, "background", concat(number, "_background_separated"), "separated", separate(background));
}

void TrialRecorder::write(const SeparationTrial& trial, const std::string& label, const std::string& name,
                          const std::string& version, std::span<const float> samples) {
  const std::string file = name + ".wav";
  audio::SoundWriter writer(folder_ / file, separator::kSampleRateHz, /*raw_float=*/false);
  writer.write(samples);
  writer.commit();
  index_ += concat(file, ",", corpus::quoted_field(label), ",", trial.snr_db, ",", version, "\n");
}

void TrialRecorder::finish() const {
  write_whole(folder_ / "index.csv", index_);
}

}  // namespace pupil::pipeline
