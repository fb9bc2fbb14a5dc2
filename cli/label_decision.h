// From teachers' logits to labels: standardised, averaged, decided, capped. The cheap end of the labelling
// stage (label_stage.h), apart from the part that listens.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/scores.h"
#include "corpus/windows.h"
#include "teacher/zero_shot.h"

namespace pupil::cli {

/// One teacher's stored scores and its part in the average.
struct TeacherVoice {
  corpus::StageConfig score;
  double weight = 1.0;
  double temperature = 1.0;
  std::optional<teacher::ScoreStandardiser> standardiser;  ///< of teachers that are standardised
};

/// The soft target [K] that the voices' logits come to; `logits` has one row per voice, empty where that teacher
/// said nothing. Empty when none did.
std::vector<float> average_voices(std::span<const TeacherVoice> voices, std::vector<std::vector<float>> logits);

/// The verdict of [label] on a soft target: none_of_these below `reject`, accepted from `accept` and `margin` on, else
/// doubtful. Caps come later.
corpus::WindowLabel decide(const LabelSection& section, std::span<const SoundClass> classes,
                           std::vector<float> soft);

/// All that decides the labels of the windows of `filter`: the text of their "label" configuration.
std::string label_config_text(const Project& project, const corpus::WindowFilter& filter,
                              std::span<const TeacherVoice> voices);

/// The "embed" configuration of the first teacher behind a "label" configuration; none where its embeddings were
/// forgotten.
std::optional<corpus::StageConfig> first_embed_config(corpus::Catalogue& catalogue, const corpus::StageConfig& labels);

/// Labels every window of `filter` under one "label" configuration, which includes the standardisers: when the
/// corpus has grown, all labels are made anew. Older label configurations are forgotten.
void decide_labels(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& filter,
                   std::span<const TeacherVoice> voices);

}  // namespace pupil::cli
