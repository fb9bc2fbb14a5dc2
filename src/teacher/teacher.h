// SPDX-License-Identifier: Apache-2.0
// What the labelling stage asks of a large model: embed audio once, score classes as often as wanted.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "project/project_file.h"

namespace pupil::teacher {

/// What a teacher makes of one stretch of audio, or why it could not.
struct AudioEmbedding {
  /// CLAP: its audio embedding [D]. A tagger: its logits, then its embedding [527 + D]. Empty on a problem.
  std::vector<float> embedding;
  std::string problem;  ///< "sample 17 is not finite"; empty: none
};

/// Two implementations: CLAP (classes by their prompts) and AudioSet taggers (classes by mapped names).
/// Threads: one at a time per object; it uses as many as libtorch was told to.
class Teacher {
 public:
  virtual ~Teacher() = default;

  /// "clap" or "efficientat": stands in configurations and reports.
  virtual std::string_view kind() const = 0;

  /// Rate of the audio that embed() takes.
  virtual std::int32_t sample_rate_hz() const = 0;

  /// One result per stretch; `audio` mono, full scale [-1, 1], any lengths.
  virtual std::vector<AudioEmbedding> embed(std::span<const std::vector<float>> audio) const = 0;

  /// Where in AudioEmbedding::embedding the embedding alone begins: behind a tagger's logits.
  virtual std::int64_t embedding_begin() const = 0;

  /// Tells the classes apart from now on. Error: a class that this teacher cannot know (no prompts, an unknown
  /// AudioSet name with the nearest known one).
  virtual void set_classes(std::span<const SoundClass> classes) = 0;

  /// One logit per class from one embedding: softmax gives probabilities.
  virtual std::vector<float> score(std::span<const float> embedding) const = 0;

  /// Where texts are together in the space of embed(), [D] of length 1: the mean of their embeddings. Empty: a kind that
  /// reads no texts. Error: an empty text.
  virtual std::vector<float> prompt_embedding(std::span<const std::string> prompts) const = 0;

  /// Whether scores mean something only beside those of other recordings: then each class's scores are
  /// standardised over the corpus before the softmax (a tagger's rare classes never reach the logits of common
  /// ones). CLAP: no.
  virtual bool standardise() const = 0;
};

/// Teacher::kind() of the model at `path`, without loading its weights. Error: not a file of weights.
std::string_view teacher_kind(const std::filesystem::path& path);

/// Teacher::standardise() of a kind.
bool is_standardised(std::string_view kind);

/// All that decides score() beside the weights, as text: prompts or mapped names in the order of the classes.
std::string class_config(std::string_view kind, std::span<const SoundClass> classes);

struct TeacherOptions {
  std::string precision = "f32";  ///< "f32" or "bf16"
};

/// Loads the teacher at `path` (a checkpoint or a model's folder), recognised by content.
/// Error: not a teacher that is known, broken, or its files disagree.
std::unique_ptr<Teacher> load_teacher(const std::filesystem::path& path, const TeacherOptions& options);

}  // namespace pupil::teacher
