// From teachers' logits to labels: standardised, averaged, decided, capped. The cheap end of the labelling
// stage (label_stage.h), apart from the part that listens.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/scores.h"
#include "corpus/windows.h"

namespace pupil::cli {

/// Per class: what makes a logit's mean over the corpus 0 and its standard deviation 1.
struct ScoreScaling {
  std::vector<float> mean;       // [K]
  std::vector<float> deviation;  // [K], positive
};

/// Gathers a ScoreScaling, in double and in the order given: the same windows give the same bits.
class ScoreScalingMeter {
 public:
  explicit ScoreScalingMeter(std::size_t class_count) : sum_(class_count), square_(class_count) {}
  void add(std::span<const float> logits);
  /// A class whose logits never vary, and everything before the second window, has deviation 1.
  ScoreScaling result() const;

 private:
  std::vector<double> sum_;
  std::vector<double> square_;
  std::int64_t count_ = 0;
};

/// One teacher's stored scores and its part in the average.
struct TeacherVoice {
  corpus::StageConfig score;
  double weight = 1.0;
  double temperature = 1.0;
  std::optional<ScoreScaling> scaling;  ///< of teachers that are standardised
};

/// Probabilities [K] of one teacher: softmax of its logits (standardised where it has a scaling) over its
/// temperature.
std::vector<float> voice_probabilities(const TeacherVoice& voice, std::span<const float> logits);

/// The verdict of [label] on a soft target: none_of_these below `reject`, accepted from `accept` and `margin` on, else
/// doubtful. Caps come later.
corpus::WindowLabel decide(const LabelSection& section, std::span<const SoundClass> classes,
                           std::vector<float> soft);

/// Labels every window of `filter` under one "label" configuration, which includes the scalings: when the corpus
/// has grown, all labels are made anew. Older label configurations are forgotten.
void decide_labels(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& filter,
                   std::span<const TeacherVoice> voices);

}  // namespace pupil::cli
