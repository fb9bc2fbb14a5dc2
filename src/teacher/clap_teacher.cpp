// SPDX-License-Identifier: Apache-2.0
#include "teacher/clap_teacher.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "teacher/zero_shot.h"

namespace pupil::teacher {
namespace {

std::span<const float> values_of(const at::Tensor& rows) {
  return {rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel())};
}

}  // namespace

std::vector<AudioEmbedding> ClapTeacher::embed(std::span<const std::vector<float>> audio) const {
  std::vector<AudioEmbedding> embedded(audio.size());
  std::vector<ClapFeatures> features;
  for (std::size_t i = 0; i < audio.size(); ++i) {
    embedded[i].problem = audio_problem(audio[i]);
    if (embedded[i].problem.empty()) features.push_back(clap_features(audio[i], clap_.feature_options()));
  }
  const at::Tensor embeddings = clap_.embed_features(features).contiguous();
  const std::span<const float> values = values_of(embeddings);
  const auto size = static_cast<std::size_t>(clap_.embedding_size());
  std::size_t row = 0;
  for (AudioEmbedding& one : embedded) {
    if (!one.problem.empty()) continue;
    const auto embedding = values.subspan(row++ * size, size);
    // A network with NaN in its weights, or audio so loud that it overflows.
    const bool finite = std::ranges::all_of(embedding, [](float value) { return std::isfinite(value); });
    if (finite)
      one.embedding.assign(embedding.begin(), embedding.end());
    else
      one.problem = "the model's embedding is not finite";
  }
  return embedded;
}

std::vector<float> ClapTeacher::prompt_embedding(std::span<const std::string> prompts) const {
  const at::Tensor embedded = clap_.embed_text(prompts).contiguous();
  return prompt_ensemble(values_of(embedded), clap_.embedding_size());
}

void ClapTeacher::set_classes(std::span<const SoundClass> classes) {
  std::vector<float> embeddings;
  std::vector<std::string> warnings;
  for (const SoundClass& sound : classes) {
    if (sound.prompts.empty()) throw Error("class " + sound.name + " has no prompts");
    for (const std::string& prompt : sound.prompts) {
      if (const std::string unfamiliar = clap_.unfamiliar_words(prompt); !unfamiliar.empty())
        warnings.push_back(concat("class ", sound.name, ": ", unfamiliar));
    }
    with_context("class " + sound.name, [&] {
      const std::vector<float> ensemble = prompt_embedding(sound.prompts);
      embeddings.insert(embeddings.end(), ensemble.begin(), ensemble.end());
    });
  }
  log_warnings(warnings);
  class_embeddings_ = std::move(embeddings);
}

std::vector<float> ClapTeacher::score(std::span<const float> embedding) const {
  if (class_embeddings_.empty()) throw Error("CLAP was not told the classes");
  return class_scores(embedding, class_embeddings_, clap_.audio_logit_scale());
}

}  // namespace pupil::teacher
