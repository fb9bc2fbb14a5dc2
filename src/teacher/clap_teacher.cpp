#include "teacher/clap_teacher.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "teacher/each_alone.h"
#include "teacher/zero_shot.h"

namespace pupil::teacher {
namespace {

std::span<const float> values_of(const at::Tensor& rows) {
  return {rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel())};
}

}  // namespace

std::vector<AudioEmbedding> ClapTeacher::embed(std::span<const std::vector<float>> audio) const {
  std::vector<AudioEmbedding> embedded(audio.size());
  for_each_alone(std::ssize(audio), [&](std::int64_t i) {
    embedded[static_cast<std::size_t>(i)] = embed_one(audio[static_cast<std::size_t>(i)]);
  });
  return embedded;
}

AudioEmbedding ClapTeacher::embed_one(const std::vector<float>& audio) const {
  AudioEmbedding embedded;
  embedded.problem = audio_problem(audio);
  if (!embedded.problem.empty()) return embedded;
  const ClapFeatures features = clap_features(audio, clap_.feature_options());
  const at::Tensor row = clap_.embed_features(std::span(&features, 1)).contiguous();
  const std::span<const float> embedding = values_of(row);
  // A network with NaN in its weights, or audio so loud that it overflows.
  const bool finite = std::ranges::all_of(embedding, [](float value) { return std::isfinite(value); });
  if (finite)
    embedded.embedding.assign(embedding.begin(), embedding.end());
  else
    embedded.problem = "the model's embedding is not finite";
  return embedded;
}

std::vector<float> ClapTeacher::embed_class(const SoundClass& sound) const {
  return with_context("class " + sound.name, [&] {
    const at::Tensor prompts = clap_.embed_text(sound.prompts).contiguous();
    return prompt_ensemble(values_of(prompts), clap_.embedding_size());
  });
}

void ClapTeacher::set_classes(std::span<const SoundClass> classes) {
  std::vector<std::string> warnings;
  for (const SoundClass& sound : classes) {
    if (sound.prompts.empty()) throw Error("class " + sound.name + " has no prompts");
    for (const std::string& prompt : sound.prompts) {
      if (const std::string unfamiliar = clap_.unfamiliar_words(prompt); !unfamiliar.empty())
        warnings.push_back(concat("class ", sound.name, ": ", unfamiliar));
    }
  }
  log_warnings(warnings);
  std::vector<std::vector<float>> embeddings(classes.size());
  for_each_alone(std::ssize(classes), [&](std::int64_t i) {
    embeddings[static_cast<std::size_t>(i)] = embed_class(classes[static_cast<std::size_t>(i)]);
  });
  class_embeddings_.clear();
  for (const std::vector<float>& one : embeddings) class_embeddings_.insert(class_embeddings_.end(), one.begin(), one.end());
}

std::vector<float> ClapTeacher::score(std::span<const float> embedding) const {
  if (class_embeddings_.empty()) throw Error("CLAP was not told the classes");
  return class_scores(embedding, class_embeddings_, clap_.audio_logit_scale());
}

}  // namespace pupil::teacher
