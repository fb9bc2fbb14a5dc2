// SPDX-License-Identifier: Apache-2.0
// Wraps a teacher: scores of the classes that it has words for are its own, a shown class's is the mean cosine of the embedding
// to those of its examples. Examples are embedded at the first score, not when the teacher is loaded: most commands that load
// one score nothing.

#include "pipeline/example_teacher.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/class_examples.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/config_chain.h"
#include "teacher/prototypes.h"

namespace pupil::pipeline {
namespace {

namespace fs = std::filesystem;

double energy(std::span<const float> samples) {
  return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0);
}

std::vector<float> decoded(const fs::path& file, std::int32_t rate_hz) {
  audio::DecodeOptions options;
  options.sample_rate_hz = rate_hz;
  std::vector<float> samples(static_cast<std::size_t>(kEmbeddedClipSeconds * rate_hz));
  with_context(file.string(), [&] { samples.resize(audio::Decoder(file, options).read(samples)); });
  if (!(energy(samples) > 0)) throw Error(concat(file.string(), ": is silent, and shows no class"));
  return samples;
}

// The window of most energy: the rest of a short sound's clip is mostly silence.
std::vector<float> loudest(const std::vector<float>& samples, std::size_t length) {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t begin = 0; begin == 0 || begin + length <= samples.size(); begin += length / 4 + 1) {
    const double here = energy(std::span(samples).subspan(begin, std::min(length, samples.size() - begin)));
    if (here > most) most = here, best = begin;
  }
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(best);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(length, samples.size() - best))};
}

std::vector<float> unit_embedding(const teacher::Teacher& teacher, std::span<const float> embedding) {
  const auto alone = embedding.subspan(static_cast<std::size_t>(teacher.embedding_begin()));
  std::vector<float> unit(alone.begin(), alone.end());
  teacher::scale_to_unit(unit);
  return unit;
}

std::vector<float> embed_example(const Project& project, const teacher::Teacher& teacher,
                                 const fs::path& file) {
  std::vector<float> audio = decoded(file, teacher.sample_rate_hz());
  if (project.teacher.input == "window")
    audio = loudest(audio, static_cast<std::size_t>(project.window.length_s * teacher.sample_rate_hz()));
  const std::vector<teacher::AudioEmbedding> embedded = teacher.embed(std::span(&audio, 1));
  if (!embedded.front().problem.empty()) throw Error(concat(file.string(), ": ", embedded.front().problem));
  return unit_embedding(teacher, embedded.front().embedding);
}

class ExampleTeacher : public teacher::Teacher {
 public:
  ExampleTeacher(const Project& project, std::unique_ptr<teacher::Teacher> teacher)
      : project_(project), teacher_(std::move(teacher)) {}

  std::string_view kind() const override { return teacher_->kind(); }
  std::int32_t sample_rate_hz() const override { return teacher_->sample_rate_hz(); }
  std::int64_t embedding_begin() const override { return teacher_->embedding_begin(); }
  bool standardise() const override { return teacher_->standardise(); }
  std::vector<teacher::AudioEmbedding> embed(std::span<const std::vector<float>> audio) const override {
    return teacher_->embed(audio);
  }

  std::vector<float> prompt_embedding(std::span<const std::string> prompts) const override {
    return teacher_->prompt_embedding(prompts);
  }

  void set_classes(std::span<const SoundClass> classes) override {
    classes_.assign(classes.begin(), classes.end());
    directions_.clear();
    std::vector<SoundClass> worded;
    std::ranges::copy_if(classes_, std::back_inserter(worded),
                         [&](const SoundClass& sound) { return !is_shown(kind(), sound); });
    has_words_ = !worded.empty();
    if (has_words_) teacher_->set_classes(worded);
  }

  std::vector<float> score(std::span<const float> embedding) const override {
    if (directions_.empty()) embed_examples();
    const std::vector<float> by_words = has_words_ ? teacher_->score(embedding) : std::vector<float>();
    const std::vector<float> unit = unit_embedding(*teacher_, embedding);
    std::vector<float> scores;
    auto next_word = by_words.begin();
    auto next_direction = directions_.begin();
    for (const SoundClass& sound : classes_) {
      if (!is_shown(kind(), sound)) {
        scores.push_back(*next_word++);
        continue;
      }
      scores.push_back(std::inner_product(unit.begin(), unit.end(), next_direction->begin(), 0.0F));
      ++next_direction;
    }
    return scores;
  }

 private:
  void embed_examples() const {
    for (const SoundClass& sound : classes_)
      if (is_shown(kind(), sound)) directions_.push_back(examples_embedding(project_, *teacher_, sound));
  }

  Project project_;
  std::unique_ptr<teacher::Teacher> teacher_;
  std::vector<SoundClass> classes_;
  bool has_words_ = false;
  mutable std::vector<std::vector<float>> directions_;  // of the shown classes, in their order
};

}  // namespace

std::string hash_of_examples(const Project& project, const SoundClass& sound) {
  Sha256 hash;
  for (const fs::path& file : corpus::list_examples(corpus::example_folder(project, sound)))
    hash.update(concat(sha256_file(file), "\n"));
  return hash.hex();
}

std::vector<float> examples_embedding(const Project& project, const teacher::Teacher& teacher,
                                      const SoundClass& sound) {
  return with_context(concat("examples of class '", sound.name, "'"), [&] {
    std::vector<float> sum;
    const std::vector<fs::path> files = corpus::list_examples(corpus::example_folder(project, sound));
    for (const fs::path& file : files) {
      const std::vector<float> unit = embed_example(project, teacher, file);
      sum.resize(unit.size());
      for (std::size_t d = 0; d < unit.size(); ++d) sum[d] += unit[d] / static_cast<float>(files.size());
    }
    return sum;
  });
}

bool is_shown(std::string_view kind, const SoundClass& sound) {
  return !sound.examples.empty() && (teacher::is_standardised(kind) ? sound.audioset : sound.prompts).empty();
}

std::string scored_class_config(const Project& project, std::string_view kind) {
  const std::vector<SoundClass> scored = scored_classes(project);
  std::string config = teacher::class_config(kind, scored);
  for (const SoundClass& sound : scored) {
    if (!is_shown(kind, sound)) continue;
    with_context(concat("examples of class '", sound.name, "'"),
                 [&] { config += concat("\n", hash_of_examples(project, sound)); });
  }
  return config;
}

std::unique_ptr<teacher::Teacher> with_examples(const Project& project,
                                                std::unique_ptr<teacher::Teacher> teacher) {
  const bool shown = std::ranges::any_of(
      scored_classes(project), [&](const SoundClass& sound) { return is_shown(teacher->kind(), sound); });
  if (!shown) return teacher;
  return std::make_unique<ExampleTeacher>(project, std::move(teacher));
}

}  // namespace pupil::pipeline
