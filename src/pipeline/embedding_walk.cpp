// SPDX-License-Identifier: Apache-2.0
#include "pipeline/embedding_walk.h"

#include <algorithm>
#include <future>

#include "audio/resampler.h"
#include "corpus/view_audio.h"
#include "pipeline/config_chain.h"

namespace pupil::pipeline {
namespace {

// A batch read ahead. Items that are known already have no audio.
struct Batch {
  std::vector<EmbeddingItem> items;
  std::vector<std::optional<teacher::AudioEmbedding>> known;
  std::vector<std::vector<float>> audio;  // at the teacher's rate, one for each item that is not known
};

class Reader {
 public:
  explicit Reader(const EmbeddingWalk& walk) : walk_(walk), audio_(walk.project_dir) {}

  // Touches audio files alone, so that it may run on another thread.
  Batch read(Batch batch) {
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      if (!batch.known[i]) batch.audio.push_back(read(batch.items[i]));
    }
    return batch;
  }

 private:
  std::vector<float> read(const EmbeddingItem& item) {
    Stretch stretch;
    if (item.window.length_samples == 0) {
      const auto most = static_cast<std::int64_t>(kEmbeddedClipSeconds * item.sample_rate_hz);
      stretch = {0, std::min(item.sample_count, most)};
    } else {
      stretch = embedded_stretch(walk_.section, item.window, item.sample_rate_hz, item.sample_count);
    }
    std::vector<float> samples = audio_.read(item.view_hash, stretch.start_sample, stretch.length_samples);
    const std::int32_t rate = walk_.teacher.sample_rate_hz();
    return item.sample_rate_hz == rate ? samples : audio::resample(samples, item.sample_rate_hz, rate);
  }

  const EmbeddingWalk& walk_;
  corpus::ViewAudio audio_;
};

std::vector<teacher::AudioEmbedding> embed(const teacher::Teacher& teacher, const Batch& batch) {
  std::vector<teacher::AudioEmbedding> fresh;
  if (!batch.audio.empty()) fresh = teacher.embed(batch.audio);
  std::vector<teacher::AudioEmbedding> all;
  auto next = fresh.begin();
  for (const auto& known : batch.known) all.push_back(known ? *known : std::move(*next++));
  return all;
}

}  // namespace

std::int64_t walk_embeddings(const EmbeddingWalk& walk) {
  Reader reader(walk);
  const auto begin = [&](std::int64_t after) {
    Batch batch;
    batch.items = walk.next(after);
    for (const EmbeddingItem& item : batch.items)
      batch.known.push_back(walk.known ? walk.known(item) : std::nullopt);
    return batch;
  };
  const auto read = [&reader](Batch batch) { return reader.read(std::move(batch)); };
  std::int64_t count = 0;
  std::future<Batch> ahead;
  const auto read_ahead = [&](std::int64_t after) {
    Batch batch = begin(after);
    if (!batch.items.empty()) ahead = std::async(std::launch::async, read, std::move(batch));
  };
  read_ahead(0);
  while (ahead.valid()) {
    const Batch batch = ahead.get();
    read_ahead(batch.items.back().id);
    walk.put(batch.items, embed(walk.teacher, batch));
    count += std::ssize(batch.items);
  }
  return count;
}

}  // namespace pupil::pipeline
