#include "teacher/tagger_teacher.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "teacher/clap_features.h"
#include "teacher/zero_shot.h"

namespace pupil::teacher {
namespace {

// The tagger's shortest stretch, in samples.
constexpr std::size_t kShortest = 2;

std::string problem_of(const std::vector<float>& audio) {
  if (audio.size() < kShortest) return concat("only ", audio.size(), " samples");
  return audio_problem(audio);
}

at::Tensor stacked(std::span<const std::vector<float>> audio, std::span<const std::size_t> chosen) {
  const std::size_t length = audio[chosen[0]].size();
  at::Tensor batch =
      at::empty({static_cast<std::int64_t>(chosen.size()), static_cast<std::int64_t>(length)}, at::kFloat);
  float* row = batch.data_ptr<float>();
  for (const std::size_t i : chosen) row = std::ranges::copy(audio[i], row).out;
  return batch;
}

}  // namespace

// Stretches of one length go through the network together.
std::vector<Heard> TaggerTeacher::hear(std::span<const std::vector<float>> audio) const {
  std::vector<Heard> heard(audio.size());
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < audio.size(); ++i) {
    heard[i].problem = problem_of(audio[i]);
    if (heard[i].problem.empty()) waiting.push_back(i);
  }
  while (!waiting.empty()) {
    const std::size_t length = audio[waiting[0]].size();
    const auto rest = std::stable_partition(waiting.begin(), waiting.end(),
                                            [&](std::size_t i) { return audio[i].size() == length; });
    const std::vector<std::size_t> chosen(waiting.begin(), rest);
    const TaggerOutput output = tagger_.forward(stacked(audio, chosen));
    const at::Tensor both = at::cat({output.logits, output.embeddings}, 1).contiguous();
    for (std::size_t row = 0; row < chosen.size(); ++row) {
      const float* values = both.data_ptr<float>() + static_cast<std::int64_t>(row) * both.size(1);
      heard[chosen[row]].embedding.assign(values, values + both.size(1));
    }
    waiting.erase(waiting.begin(), rest);
  }
  return heard;
}

void TaggerTeacher::set_classes(std::span<const SoundClass> classes) {
  std::vector<std::vector<std::int32_t>> mapping;
  for (const SoundClass& sound : classes) {
    if (sound.audioset.empty())
      throw Error("class " + sound.name + " has no AudioSet names (audioset = [...])");
    with_context("class " + sound.name, [&] {
      const std::vector<std::int64_t> positions = tagger_.class_positions(sound.audioset);
      mapping.emplace_back(positions.begin(), positions.end());
    });
  }
  mapping_ = std::move(mapping);
}

std::vector<float> TaggerTeacher::score(std::span<const float> embedding) const {
  if (mapping_.empty()) throw Error("the tagger was not told the classes");
  return mapped_scores(embedding.first(tagger_.class_names().size()), mapping_);
}

}  // namespace pupil::teacher
