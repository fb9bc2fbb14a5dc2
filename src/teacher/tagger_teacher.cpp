// SPDX-License-Identifier: Apache-2.0
#include "teacher/tagger_teacher.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "base/error.h"
#include "base/text.h"
#include "nn/threads.h"
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

}  // namespace

// One stretch at a time, each by one thread: in a batch, or among threads, libtorch's convolutions round a row by what else is
// in it and by how it is divided, and a window's scores would tell which windows were scored together (after a kill, in a shard,
// in another order) and on how many processors.
std::vector<AudioEmbedding> TaggerTeacher::embed(std::span<const std::vector<float>> audio) const {
  std::vector<AudioEmbedding> embedded(audio.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    nn::set_thread_count(1);  // of this thread
    for (std::size_t i = next++; i < audio.size(); i = next++) embedded[i] = embed_one(audio[i]);
  };
  const auto workers = std::min(audio.size(), static_cast<std::size_t>(nn::thread_count()));
  std::vector<std::future<void>> running;
  for (std::size_t i = 0; i < workers; ++i) running.push_back(std::async(std::launch::async, work));
  for (std::future<void>& one : running) one.get();
  return embedded;
}

AudioEmbedding TaggerTeacher::embed_one(const std::vector<float>& audio) const {
  AudioEmbedding embedded;
  embedded.problem = problem_of(audio);
  if (!embedded.problem.empty()) return embedded;
  const auto length = static_cast<std::int64_t>(audio.size());
  const TaggerOutput output =
      tagger_.forward(at::from_blob(const_cast<float*>(audio.data()), {1, length}, at::kFloat));
  const at::Tensor both = at::cat({output.logits, output.embeddings}, 1).contiguous();
  embedded.embedding.assign(both.data_ptr<float>(), both.data_ptr<float>() + both.size(1));
  return embedded;
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
