#include "training_set_stage.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <thread>

#include "audio/resampler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/ordered_work.h"
#include "corpus/scores.h"
#include "corpus/status.h"
#include "corpus/views.h"
#include "label_decision.h"
#include "label_stage.h"

namespace pupil::cli {
namespace {

using corpus::LabelledWindow;

/// Everything but the audio, gathered in one walk over the labels.
class Gathering {
 public:
  Gathering(const Project& project, corpus::Catalogue& catalogue, bool with_embeddings)
      : project_(project), catalogue_(catalogue) {
    const auto labels = corpus::latest_config(catalogue, "label");
    if (!labels) throw Error("nothing is labelled yet: pupil label");
    hears_clips_ = project.teacher.hears == "clip";
    for (const SoundClass& c : project.all_classes()) draft.class_names.push_back(c.name);
    draft.reported_class_count = static_cast<std::int32_t>(project.classes.size());
    draft.window_samples =
        static_cast<std::int32_t>(std::lround(project.window.length_s * student::kTrainingRateHz));
    const corpus::WindowFilter filter = labelled_windows_filter(project, catalogue, {});
    corpus::for_each_labelled_window(catalogue, filter, labels->id, std::nullopt,
                                     [&](const LabelledWindow& window) { add(window); });
    if (draft.windows.empty()) throw Error("nothing is labelled yet: pupil label");
    if (with_embeddings) add_embeddings(*labels);
    Json configuration;
    configuration.set("labels", labels->hash);
    configuration.set("rows", rows_.hex());
    draft.configuration = configuration.dump();
  }

  student::SetSplit split_of(const student::TrainingWindow& window) const {
    return draft.clips[static_cast<std::size_t>(window.clip)].split;
  }

  student::TrainingSetDraft draft;
  std::vector<std::string> view_hashes;       // of draft.clips
  std::vector<std::int32_t> sample_rates_hz;  // of draft.clips, as stored

 private:
  void add(const LabelledWindow& window) {
    const auto [found, is_new] = clip_of_view_.try_emplace(window.window.view_id, std::ssize(draft.clips));
    if (is_new) add_clip(window);
    student::TrainingWindow row;
    row.clip = static_cast<std::int32_t>(found->second);
    row.start_sample = static_cast<std::int32_t>(std::llround(
        static_cast<double>(window.window.start_sample) * student::kTrainingRateHz / window.sample_rate_hz));
    row.verdict = static_cast<student::SetVerdict>(window.label.verdict);
    row.label = window.label.label.empty() ? -1 : class_index(window.label.label);
    row.truth = truth_[static_cast<std::size_t>(found->second)];
    row.activity_db = static_cast<float>(window.window.activity_db);
    draft.windows.push_back(row);
    window_ids_.push_back(window.window.id);
    view_ids_.push_back(window.window.view_id);
    std::vector<float> soft = window.label.soft;
    soft.resize(draft.class_names.size());
    draft.soft.insert(draft.soft.end(), soft.begin(), soft.end());
    // Not the window's id: that depends on what else was cut before, and on kills.
    rows_.update(concat(window.window.start_sample, " ", static_cast<int>(row.verdict), " ", row.label, " ", row.truth,
                        " ", static_cast<int>(window.split), " ", window.view_hash, "\n"));
    rows_.update(std::as_bytes(std::span<const float>(soft)));
  }

  void add_clip(const LabelledWindow& window) {
    const corpus::Clip clip = corpus::get_clip(catalogue_, window.window.clip_id);
    student::TrainingClip row;
    row.id = clip.id;
    row.split = static_cast<student::SetSplit>(window.split);
    row.recording = static_cast<std::int32_t>(
        recordings_.try_emplace(window.recording, static_cast<std::int64_t>(recordings_.size()))
            .first->second);
    row.separated = window.view_kind == corpus::ViewKind::separated;
    draft.clips.push_back(row);
    view_hashes.push_back(window.view_hash);
    sample_rates_hz.push_back(window.sample_rate_hz);
    std::int32_t truth = -1;
    for (const corpus::Truth& given : clip.truth) {
      if (truth < 0) truth = project_.class_of(given.label);
    }
    truth_.push_back(truth);
  }

  std::int32_t class_index(const std::string& name) const {
    const auto found = std::find(draft.class_names.begin(), draft.class_names.end(), name);
    return found == draft.class_names.end() ? -1
                                            : static_cast<std::int32_t>(found - draft.class_names.begin());
  }

  // Brought to mean 0 and deviation 1 per value over the windows that train. Windows without one (never heard:
  // background) get zeros, the mean.
  void add_embeddings(const corpus::StageConfig& labels) {
    const auto embed = first_embed_config(catalogue_, labels);
    if (!embed) return;
    std::vector<std::vector<float>> rows;
    std::size_t size = 0;
    for (std::size_t i = 0; i < window_ids_.size(); ++i) {
      rows.push_back(hears_clips_ ? corpus::get_view_embedding(catalogue_, embed->id, view_ids_[i])
                                  : corpus::get_embedding(catalogue_, embed->id, window_ids_[i]));
      size = std::max(size, rows.back().size());
    }
    if (size == 0) return;
    std::vector<double> sum(size), squares(size);
    double count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].size() != size || split_of(draft.windows[i]) != student::SetSplit::train) continue;
      for (std::size_t e = 0; e < size; ++e) {
        sum[e] += rows[i][e];
        squares[e] += static_cast<double>(rows[i][e]) * rows[i][e];
      }
      ++count;
    }
    if (count == 0) return;
    draft.embedding.assign(rows.size() * size, 0.0F);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].size() != size) continue;
      for (std::size_t e = 0; e < size; ++e) {
        const double mean = sum[e] / count;
        const double deviation = std::sqrt(std::max(squares[e] / count - mean * mean, 1e-12));
        draft.embedding[i * size + e] = static_cast<float>((rows[i][e] - mean) / deviation);
      }
    }
    rows_.update(std::as_bytes(std::span<const float>(draft.embedding)));
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  bool hears_clips_ = false;
  std::map<std::int64_t, std::ptrdiff_t> clip_of_view_;
  std::map<std::string, std::int64_t> recordings_;
  std::vector<std::int32_t> truth_;                  // of draft.clips
  std::vector<std::int64_t> window_ids_, view_ids_;  // of draft.windows
  Sha256 rows_;
};

std::filesystem::path set_path(const Project& project, const student::TrainingSetDraft& draft) {
  return project.dir / "train" / concat("set-", sha256_hex(draft.configuration).substr(0, 16), ".safetensors");
}

void write_set(Gathering* gathering, corpus::Catalogue& catalogue, const corpus::Store& store,
               const std::filesystem::path& path) {
  for (const std::string& hash : gathering->view_hashes) corpus::check_stored_audio(catalogue, hash);
  student::TrainingSetWriter writer(path);
  const auto count = std::ssize(gathering->view_hashes);
  Progress progress("reading audio for training", count, "clips");
  const auto threads = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  corpus::OrderedWork<std::vector<float>> work(count, threads, [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    return audio::resample(store.read_samples(gathering->view_hashes[index]),
                           gathering->sample_rates_hz[index], student::kTrainingRateHz);
  });
  for (student::TrainingClip& clip : gathering->draft.clips) {
    const std::vector<float> samples = work.take();
    clip.first_sample = writer.append(samples);
    clip.sample_count = std::ssize(samples);
    progress.advance();
  }
  progress.finish();
  writer.finish(gathering->draft);
}

}  // namespace

student::TrainingSet prepare_training_set(const Project& project, corpus::Catalogue& catalogue,
                                          const corpus::Store& store, bool with_embeddings) {
  Gathering gathering(project, catalogue, with_embeddings);
  const std::filesystem::path path = set_path(project, gathering.draft);
  std::filesystem::create_directories(path.parent_path());
  if (!std::filesystem::exists(path)) {
    write_set(&gathering, catalogue, store, path);
    log_info(concat("training set: ", path.string()));
  }
  return student::TrainingSet::open(path);
}

TrainingSetOutline outline_training_set(const Project& project, corpus::Catalogue& catalogue, bool with_embeddings) {
  TrainingSetOutline outline;
  if (corpus::read_status(catalogue).label_count == 0) return outline;
  const Gathering gathering(project, catalogue, with_embeddings);
  outline.path = set_path(project, gathering.draft);
  outline.exists = std::filesystem::exists(outline.path);
  for (const student::TrainingWindow& window : gathering.draft.windows) {
    const bool learned =
        window.verdict == student::SetVerdict::accepted && gathering.split_of(window) == student::SetSplit::train;
    outline.learned_count += learned ? 1 : 0;
  }
  return outline;
}

}  // namespace pupil::cli
