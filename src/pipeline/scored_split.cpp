// SPDX-License-Identifier: Apache-2.0
#include "pipeline/scored_split.h"

#include <map>
#include <span>

#include "corpus/clips.h"
#include "metrics/decisions.h"

namespace pupil::pipeline {
namespace {

using student::TrainingSet;

std::int8_t any_class(const Project& project, corpus::Catalogue& catalogue, const PreparedSet& prepared,
                      std::int32_t clip, std::int32_t truth) {
  if (truth >= 0) return truth < prepared.set.reported_class_count() ? 1 : 0;
  const std::int64_t id = prepared.clip_ids[static_cast<std::size_t>(clip)];
  for (const corpus::GivenLabel& given : corpus::get_clip(catalogue, id).given) {
    if (project.means_any_class(given.label)) return 1;
  }
  return -1;
}

double seconds(std::int64_t samples) {
  return static_cast<double>(samples) / student::kTrainingRateHz;
}

}  // namespace

ScoredSplit score_project_split(const Project& project, corpus::Catalogue& catalogue,
                                const PreparedSet& prepared, student::SetSplit split,
                                evaluation::DeviceNetwork& network, const std::filesystem::path& student) {
  const TrainingSet& set = prepared.set;
  ScoredSplit scored;
  scored.windows = evaluation::score_split(set, split, network, student);
  scored.clips = evaluation::clips_of(set, scored.windows);
  for (std::size_t i = 0; i < scored.clips.clips.size(); ++i)
    scored.any.push_back(
        any_class(project, catalogue, prepared, scored.clips.clips[i], scored.clips.truth[i]));
  return scored;
}

ScoredSplit joined_clips(const ScoredSplit& first, const ScoredSplit& second) {
  ScoredSplit all;
  for (const ScoredSplit* part : {&first, &second}) {
    const auto append = [](auto* to, const auto& from) { to->insert(to->end(), from.begin(), from.end()); };
    append(&all.any, part->any);
    append(&all.clips.clips, part->clips.clips);
    append(&all.clips.truth, part->clips.truth);
    append(&all.clips.recordings, part->clips.recordings);
    append(&all.clips.scores.teacher, part->clips.scores.teacher);
    append(&all.clips.scores.floating, part->clips.scores.floating);
    append(&all.clips.scores.int8, part->clips.scores.int8);
  }
  return all;
}

std::optional<evaluation::AlarmFigures> alarms_of_other_sounds(
    const TrainingSet& set, const ScoredSplit& scored, const edge::Model& model, std::string name,
    std::map<std::int32_t, std::vector<std::int64_t>>* by_sound) {
  const std::int32_t reported = set.reported_class_count();
  const std::vector<std::int32_t> teacher = metrics::decide(scored.clips.scores.teacher, set.class_count());
  std::map<std::int32_t, std::vector<std::size_t>> rows_of_clip;
  for (std::size_t n = 0; n < scored.windows.windows.size(); ++n) {
    const auto& window = set.windows()[static_cast<std::size_t>(scored.windows.windows[n])];
    rows_of_clip[window.clip].push_back(n);
  }
  evaluation::AlarmFigures figures;
  figures.name = std::move(name);
  figures.false_count.resize(static_cast<std::size_t>(reported));
  const auto classes = static_cast<std::size_t>(set.class_count());
  for (std::size_t i = 0; i < scored.clips.clips.size(); ++i) {
    const std::int32_t given = scored.clips.truth[i] >= 0 ? scored.clips.truth[i] : teacher[i];
    if (given < reported || scored.any[i] == 1) continue;
    evaluation::EventBuilder builder(evaluation::model_thresholds(model), reported);
    for (const std::size_t n : rows_of_clip.at(scored.clips.clips[i])) {
      const auto& window = set.windows()[static_cast<std::size_t>(scored.windows.windows[n])];
      builder.add(seconds(window.start_sample), seconds(window.start_sample + set.window_samples()),
                  std::span(scored.windows.scores.int8).subspan(n * classes, classes));
    }
    const auto& clip = set.clips()[static_cast<std::size_t>(scored.clips.clips[i])];
    evaluation::add_detections(builder.events(), {}, seconds(clip.sample_count), &figures);
    std::vector<std::int64_t>& counts = (*by_sound)[given];
    counts.resize(static_cast<std::size_t>(reported));
    for (const metrics::Event& event : builder.events())
      ++counts[static_cast<std::size_t>(event.class_index)];
  }
  if (figures.duration_s <= 0) return std::nullopt;
  return figures;
}

}  // namespace pupil::pipeline
