// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pretrain_project.h"

#include <map>

#include "base/error.h"
#include "corpus/catalogue.h"
#include "corpus/lost_audio.h"
#include "corpus/scores.h"
#include "corpus/store.h"
#include "pipeline/config_chain.h"
#include "project/project_file.h"

namespace pupil::pipeline {

std::vector<pretrain::ManifestClip> accepted_windows(const std::filesystem::path& project_dir) {
  const Project project = load_project(project_dir);
  corpus::Catalogue catalogue = corpus::Catalogue::open_to_look(project_dir);
  const corpus::Store store(project_dir);
  const ConfigChain chain = require_labels(project, catalogue);
  std::map<std::string, std::vector<std::string>> prompts;
  for (const SoundClass& sound : project.all_classes()) prompts[sound.name] = sound.prompts;
  std::vector<pretrain::ManifestClip> clips;
  corpus::for_each_labelled_window(
      catalogue, chain.filter, chain.label.id, corpus::Verdict::accepted,
      [&](const corpus::LabelledWindow& window) {
        if (window.split != corpus::Split::train) return;
        corpus::check_stored_audio(catalogue, window.view_hash);
        pretrain::ManifestClip clip;
        clip.file = store.path(window.view_hash);
        clip.label = window.label.label;
        clip.captions = prompts[window.label.label];
        clip.start_s = static_cast<double>(window.window.start_sample) / window.sample_rate_hz;
        clip.duration_s = static_cast<double>(window.window.length_samples) / window.sample_rate_hz;
        if (!clip.captions.empty()) clips.push_back(std::move(clip));
      });
  if (clips.empty()) throw Error("no window of the training split is accepted: pupil label");
  return clips;
}

}  // namespace pupil::pipeline
