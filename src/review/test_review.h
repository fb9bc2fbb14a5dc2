// SPDX-License-Identifier: Apache-2.0
// A labelled project for tests: clips of chirps with windows, embeddings, scores and labels as a teacher would leave them,
// deterministic; every second clip has a separated view.

#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/collect_stage.h"
#include "corpus/review_windows.h"
#include "corpus/scores.h"
#include "corpus/test_project.h"
#include "corpus/views.h"
#include "corpus/windows.h"

namespace pupil::review {

inline constexpr const char* kHostileClass = "<script>alert(1)</script>\"' & co";

/// Classes of the project: "dog barking", "cat", and one that tries to be markup.
inline std::string review_project_toml() {
  std::string text = "name = \"yard\"\n";
  for (const char* name : {"dog barking", "cat"})
    text += concat("[[class]]\nname = \"", name, "\"\nprompts = [\"", name, "\"]\n");
  return concat(text, "[[class]]\nname = '''", kHostileClass,
                "'''\nprompts = [\"noise\"]\n[label]\nbroad_negatives = false\n",
                "[split]\nval = 0.0\ntest = 0.0\n");
}

inline void put_review_label(corpus::Catalogue& catalogue, std::int64_t embed, std::int64_t score,
                             std::int64_t label, const corpus::Window& window) {
  const auto id = static_cast<std::uint64_t>(window.id);
  const auto best = static_cast<std::size_t>(id % 3), second = (best + 1) % 3;
  const float margin = 0.05F + 0.85F * static_cast<float>(id * 37 % 101) / 101;
  std::vector<float> soft(3, 0), embedding(8);
  soft[best] = (1 + margin) / 2;
  soft[second] = (1 - margin) / 2;
  for (std::size_t d = 0; d < embedding.size(); ++d)
    embedding[d] = (d == best ? 1.0F : 0.0F) +
                   0.1F * static_cast<float>(std::sin(static_cast<double>(id % 5 * (d + 1))));
  corpus::put_embedding(catalogue, embed, window.id, embedding);
  corpus::put_scores(catalogue, score, window.id, soft);
  const char* names[] = {"dog barking", "cat", kHostileClass};
  corpus::put_label(catalogue, label,
                    {window.id, margin > 0.5F ? corpus::Verdict::accepted : corpus::Verdict::doubtful,
                     names[best], soft, soft[best], margin, 0.5});
}

/// The original less its second half, as a separator might leave it.
inline void put_review_view(corpus::Catalogue& catalogue, const corpus::Store& store, std::int64_t clip_id,
                            std::int64_t separate) {
  corpus::View view = corpus::original_view(catalogue, clip_id);
  std::vector<float> samples = store.read_samples(view.hash);
  std::fill(samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2), samples.end(), 0.0F);
  view.hash = store.put_samples(samples, view.sample_rate_hz);
  view.kind = corpus::ViewKind::separated;
  view.config_id = separate;
  view.separation.query = "a dog <b>barking</b>";
  corpus::LevelMeter meter(view.sample_rate_hz);
  meter.push(samples);
  corpus::put_separated_view(catalogue, view, meter.finish());
}

/// Makes the project in `dir`, which exists: `clip_count` clips of 3 s at 16 kHz, five windows each.
inline void make_review_project(const std::filesystem::path& dir, int clip_count) {
  write_whole(dir / "pupil.toml", review_project_toml());
  const corpus::TestFolder recordings;
  for (int i = 0; i < clip_count; ++i)
    recordings.write_wav(concat(i == 0 ? "a <b>&\"'" : "clip ", i, ".wav"),
                         corpus::make_sound(static_cast<unsigned>(i + 1), 3, 16000), 16000);
  auto catalogue = corpus::Catalogue::create(dir);
  const corpus::Store store(dir);
  corpus::CollectOptions options;
  options.near_duplicates = false;
  corpus::run_collect_stage(catalogue, store, {corpus::read_source(recordings.path())}, options, {});
  const auto windows = corpus::window_config(catalogue, {});
  const auto separate = corpus::configure(catalogue, "separate", "{}");
  const auto embed = corpus::configure(catalogue, "embed", "{}");
  const auto score = corpus::configure(catalogue, "score", concat("{\"embed\":\"", embed.hash, "\"}"));
  Json text = Json::Object{{"teachers", Json(Json::Array{Json::Object{{"score", score.hash}}})},
                           {"windows", windows.hash},
                           {"separated", separate.hash},
                           {"classes", Json(std::vector<std::string>{"dog barking", "cat", kHostileClass})}};
  const auto label = corpus::configure(catalogue, "label", text.dump());
  for (std::int64_t clip = 1; clip <= clip_count; clip += 2)
    put_review_view(catalogue, store, clip, separate.id);
  corpus::WindowFilter filter;
  filter.window_config_id = windows.id;
  corpus::Transaction transaction(catalogue);
  for (const corpus::Window& window : corpus::list_windows(catalogue, filter))
    put_review_label(catalogue, embed.id, score.id, label.id, window);
  transaction.commit();
}

}  // namespace pupil::review
