// SPDX-License-Identifier: Apache-2.0
// One walk over the labels gathers everything but the audio; only where no file has the resulting name is
// audio read. A clip of the set is a view: the original and the separated audio of one clip are two.
//
// 1. draft.clips, view_hashes, durations_s, clip_ids and truth_ have one entry per view; draft.windows,
//    window_ids_, view_ids_ and the rows of draft.soft one per window.
// 2. rows_ hashes all rows, and the hash is a part of the file's name. What a set holds must be in rows_ or
//    follow from the label configuration: else two sets could have one name. But for labels of test windows, which no training
//    sees: of those rows_ has only where they are, test_rows_ the rest, and who opens a set gets the present ones
//    (TrainingSet::relabelled()).
// 3. Embeddings are standardised over the windows that train, whatever split they are used in.

#include "pipeline/training_set_stage.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <thread>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/ordered_work.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/scores.h"
#include "corpus/views.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/config_chain.h"

namespace pupil::pipeline {
namespace {

using corpus::LabelledWindow;

/// Everything but the audio, gathered in one walk over the labels.
class TrainingSetBuilder {
 public:
  TrainingSetBuilder(const Project& project, corpus::Catalogue& catalogue, bool with_embeddings)
      : project_(project), catalogue_(catalogue) {
    const ConfigChain chain = require_labels(project, catalogue);
    embeds_clips_ = project.teacher.input == "clip";
    draft.class_names = class_names(project);
    draft.reported_class_count = static_cast<std::int32_t>(project.classes.size());
    draft.window_samples =
        static_cast<std::int32_t>(std::lround(project.window.length_s * student::kTrainingRateHz));
    corpus::for_each_labelled_window(catalogue, chain.filter, chain.label.id, std::nullopt,
                                     [&](const LabelledWindow& window) { add(window); });
    if (draft.windows.empty()) throw Error("nothing is labelled yet: pupil label");
    if (with_embeddings) add_embeddings(chain.teachers.front().embed.id);
    if (project.label.broad_negatives) add_negatives(bank_windows(project, catalogue, chain));
    Json configuration;
    configuration.set("labels", chain.label.hash);
    configuration.set("reported", draft.reported_class_count);
    configuration.set("rows", rows_.hex());
    draft.configuration = configuration.dump();
    test_hash = test_rows_.hex();
  }

  student::SetSplit split_of(const student::TrainingWindow& window) const {
    return draft.clips[static_cast<std::size_t>(window.clip)].split;
  }

  /// Of the clip at `index` behind those of the catalogue.
  std::vector<float> negative_audio(std::size_t index) const {
    if (index < bank_clips.size()) return bank_audio(bank_clips[index], student::kTrainingRateHz);
    return dead_inputs[index - bank_clips.size()];
  }

  student::TrainingSetDraft draft;
  std::string test_hash;
  std::vector<std::string> view_hashes;  // of draft.clips
  std::vector<double> durations_s;       // of draft.clips
  std::vector<std::int64_t> clip_ids;    // of draft.clips; kNoClip: a negative that is not the project's
  /// Clips behind those of the catalogue: of the bank, then dead inputs.
  std::vector<BankClip> bank_clips;
  std::vector<std::vector<float>> dead_inputs;

 private:
  void add(const LabelledWindow& window) {
    const auto [found, is_new] = clip_of_view_.try_emplace(window.window.view_id, std::ssize(draft.clips));
    if (is_new) add_clip(window);
    student::TrainingWindow row;
    row.clip = static_cast<std::int32_t>(found->second);
    row.start_sample = static_cast<std::int32_t>(std::llround(
        static_cast<double>(window.window.start_sample) * student::kTrainingRateHz / window.sample_rate_hz));
    row.verdict = static_cast<student::SetVerdict>(window.label.verdict);
    row.label = class_index(window.label.label);
    // Only a person's review can name what is no class (any more): of the present ones it is none.
    if (row.label < 0 && !window.label.label.empty()) row.verdict = student::SetVerdict::none_of_these;
    row.truth = truth_[static_cast<std::size_t>(found->second)];
    row.activity_db = static_cast<float>(window.window.activity_db);
    window_ids_.push_back(window.window.id);
    view_ids_.push_back(window.window.view_id);
    std::vector<float> soft = window.label.soft;
    if (soft.empty()) soft.resize(draft.class_names.size());  // background: no teacher scored it
    if (soft.size() != draft.class_names.size())
      throw Error(concat("catalogue: window ", window.window.id, ": ", soft.size(), " soft targets for ",
                         draft.class_names.size(), " classes: pupil label ", project_.dir.string()));
    if (window.rejected)
      obey_rejection(&row, &soft);
    else
      obey_review(&row, &soft);
    draft.windows.push_back(row);
    draft.soft.insert(draft.soft.end(), soft.begin(), soft.end());
    // Not the rows' ids: they depend on what else was there before, and on kills.
    const student::TrainingClip& clip = draft.clips[static_cast<std::size_t>(row.clip)];
    rows_.update(concat(window.window.start_sample, " ", clip.recording, " ", clip.separated ? 1 : 0, " ",
                        static_cast<int>(window.split), " ", window.view_hash, "\n"));
    Sha256& rows = window.split == corpus::Split::test ? test_rows_ : rows_;
    rows.update(concat(static_cast<int>(row.verdict), " ", row.label, " ", row.truth, "\n"));
    rows.update(std::as_bytes(std::span<const float>(soft)));
  }

  // A person's review decides the soft target, too. It shows by naming another class than the soft target's first, or none.
  void obey_review(student::TrainingWindow* row, std::vector<float>* soft) const {
    const auto best = static_cast<std::int32_t>(std::max_element(soft->begin(), soft->end()) - soft->begin());
    const bool says_none = row->verdict == student::SetVerdict::none_of_these && row->label < 0;
    if (says_none && project_.label.broad_negatives) {
      row->label = static_cast<std::int32_t>(soft->size()) - 1;
      row->verdict = student::SetVerdict::accepted;
    } else if (says_none) {
      std::fill(soft->begin(), soft->begin() + std::ssize(project_.classes), 0.0F);
      const float rest = std::accumulate(soft->begin(), soft->end(), 0.0F);
      for (float& share : *soft) share = rest > 0 ? share / rest : 1.0F / static_cast<float>(soft->size());
    }
    const bool agrees = row->label == best && (*soft)[static_cast<std::size_t>(best)] > 0;
    if (row->label < 0 || agrees) return;
    std::fill(soft->begin(), soft->end(), 0.0F);
    (*soft)[static_cast<std::size_t>(row->label)] = 1;
  }

  // It is anything but what it was called: as likely as before among the rest.
  static void obey_rejection(student::TrainingWindow* row, std::vector<float>* soft) {
    if (row->label < 0) return;
    (*soft)[static_cast<std::size_t>(row->label)] = 0;
    const float rest = std::accumulate(soft->begin(), soft->end(), 0.0F);
    for (float& share : *soft) share = rest > 0 ? share / rest : 1.0F / static_cast<float>(soft->size() - 1);
    (*soft)[static_cast<std::size_t>(row->label)] = 0;
    row->label = static_cast<std::int32_t>(std::max_element(soft->begin(), soft->end()) - soft->begin());
  }

  void add_clip(const LabelledWindow& window) {
    const corpus::Clip clip = corpus::get_clip(catalogue_, window.window.clip_id);
    clip_ids.push_back(clip.id);
    student::TrainingClip row;
    row.split = static_cast<student::SetSplit>(window.split);
    row.recording = static_cast<std::int32_t>(
        recordings_.try_emplace(window.recording, static_cast<std::int64_t>(recordings_.size()))
            .first->second);
    row.separated = window.view_kind == corpus::ViewKind::separated;
    draft.clips.push_back(row);
    view_hashes.push_back(window.view_hash);
    durations_s.push_back(clip.duration_s());
    truth_.push_back(
        corpus::agreed_class(clip.given, [&](const std::string& given) { return project_.class_of(given); }));
  }

  // Training clips of the bank and the inputs of a dead microphone, behind the project's own.
  void add_negatives(const std::vector<BankWindow>& windows) {
    const std::optional<NegativeBank> bank = project_bank(project_);
    std::size_t clip_of_row = std::string::npos;
    for (const BankWindow& window : windows) {
      const BankClip& clip = bank->clips()[window.clip];
      if (clip.part != corpus::Split::train) continue;
      if (window.clip != clip_of_row) {
        bank_clips.push_back(clip);
        add_negative_clip(concat("bank\n", clip.group));
        rows_.update(concat(clip.sha256, " ", clip.file.filename().string(), "\n"));
      }
      clip_of_row = window.clip;
      add_negative_window(window.index, window.soft);
    }
    dead_inputs = dead_input_audio(student::kTrainingRateHz);
    std::vector<float> none(draft.class_names.size());
    none.back() = 1;
    for (const std::vector<float>& audio : dead_inputs) {
      add_negative_clip("dead inputs");
      for (std::int64_t i = 0; (i + 1) * draft.window_samples <= std::ssize(audio); ++i)
        add_negative_window(i, none);
    }
  }

  void add_negative_clip(const std::string& recording) {
    student::TrainingClip row;
    row.borrowed = true;
    row.recording = static_cast<std::int32_t>(
        recordings_.try_emplace(recording, static_cast<std::int64_t>(recordings_.size())).first->second);
    draft.clips.push_back(row);
    clip_ids.push_back(kNoClip);
  }

  void add_negative_window(std::int64_t index, const std::vector<float>& soft) {
    student::TrainingWindow row;
    row.clip = static_cast<std::int32_t>(draft.clips.size()) - 1;
    row.start_sample = static_cast<std::int32_t>(index * draft.window_samples);
    row.verdict = student::SetVerdict::accepted;
    row.label = static_cast<std::int32_t>(std::max_element(soft.begin(), soft.end()) - soft.begin());
    draft.windows.push_back(row);
    draft.soft.insert(draft.soft.end(), soft.begin(), soft.end());
    if (!draft.embedding.empty())
      draft.embedding.resize(draft.embedding.size() / (draft.windows.size() - 1) * draft.windows.size());
    rows_.update(concat("negative ", index, " ", row.label, "\n"));
    rows_.update(std::as_bytes(std::span<const float>(soft)));
  }

  std::int32_t class_index(const std::string& name) const {
    const auto found = std::find(draft.class_names.begin(), draft.class_names.end(), name);
    return found == draft.class_names.end() ? -1
                                            : static_cast<std::int32_t>(found - draft.class_names.begin());
  }

  // Brought to mean 0 and deviation 1 per value over the windows that train. Windows without one (never embedded:
  // background) get zeros, the mean.
  void add_embeddings(std::int64_t embed_config_id) {
    std::vector<std::vector<float>> rows;
    std::size_t size = 0;
    for (std::size_t i = 0; i < window_ids_.size(); ++i) {
      rows.push_back(embeds_clips_ ? corpus::get_view_embedding(catalogue_, embed_config_id, view_ids_[i])
                                   : corpus::get_embedding(catalogue_, embed_config_id, window_ids_[i]));
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
  bool embeds_clips_ = false;
  std::map<std::int64_t, std::ptrdiff_t> clip_of_view_;
  std::map<std::string, std::int64_t> recordings_;
  std::vector<std::int32_t> truth_;                  // of draft.clips
  std::vector<std::int64_t> window_ids_, view_ids_;  // of draft.windows
  Sha256 rows_, test_rows_;
};

std::filesystem::path set_path(const Project& project, const student::TrainingSetDraft& draft) {
  return project.dir / "train" /
         concat("set-", sha256_hex(draft.configuration).substr(0, 16), ".safetensors");
}

// Calls `take` with the audio of a view at the training's rate, piece by piece.
template <typename Take>
void for_each_piece(const corpus::Store& store, const std::string& hash, const Take& take) {
  constexpr std::size_t kPieceSamples = 1 << 16;
  const std::filesystem::path path = store.path(hash);
  with_context(path.string(), [&] {
    audio::Decoder decoder(path, {.sample_rate_hz = student::kTrainingRateHz});
    std::vector<float> piece(kPieceSamples);
    while (const std::size_t count = decoder.read(piece)) take(std::span(std::as_const(piece)).first(count));
  });
}

// Short clips are read ahead by all processors, whole; a long one alone and in pieces: memory does not grow with it.
void write_set(TrainingSetBuilder* gathering, corpus::Catalogue& catalogue, const corpus::Store& store,
               const std::filesystem::path& path) {
  constexpr double kShortSeconds = 60;
  for (const std::string& hash : gathering->view_hashes) corpus::check_stored_audio(catalogue, hash);
  student::TrainingSetWriter writer(path);
  const auto count = std::ssize(gathering->view_hashes);
  Progress progress("reading audio for training", count, "clips");
  const auto is_short = [&](std::size_t i) { return gathering->durations_s[i] <= kShortSeconds; };
  const auto threads = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  OrderedWork<std::vector<float>> work(count, threads, [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    std::vector<float> samples;
    if (!is_short(index)) return samples;
    for_each_piece(store, gathering->view_hashes[index], [&](std::span<const float> piece) {
      samples.insert(samples.end(), piece.begin(), piece.end());
    });
    return samples;
  });
  for (std::size_t i = 0; i < gathering->draft.clips.size(); ++i) {
    student::TrainingClip& clip = gathering->draft.clips[i];
    if (i >= gathering->view_hashes.size()) {
      clip.first_sample = writer.append(gathering->negative_audio(i - gathering->view_hashes.size()));
      clip.sample_count = writer.sample_count() - clip.first_sample;
      continue;
    }
    clip.first_sample = writer.append(work.take());
    if (!is_short(i))
      for_each_piece(store, gathering->view_hashes[i],
                     [&](std::span<const float> piece) { writer.append(piece); });
    clip.sample_count = writer.sample_count() - clip.first_sample;
    progress.advance();
  }
  progress.finish();
  writer.finish(gathering->draft);
}

}  // namespace

PreparedSet prepare_training_set(const Project& project, corpus::Catalogue& catalogue,
                                 const corpus::Store& store, bool with_embeddings) {
  TrainingSetBuilder gathering(project, catalogue, with_embeddings);
  const std::filesystem::path path = set_path(project, gathering.draft);
  make_folders(path.parent_path());
  if (!std::filesystem::exists(path)) {
    write_set(&gathering, catalogue, store, path);
    log_info(concat("training set: ", path.string()));
  }
  student::TrainingSetDraft& draft = gathering.draft;
  return {student::TrainingSet::open(path).relabelled(std::move(draft.windows), std::move(draft.soft)),
          std::move(gathering.clip_ids)};
}

TrainingSetOutline outline_training_set(const Project& project, corpus::Catalogue& catalogue,
                                        bool with_embeddings) {
  TrainingSetOutline outline;
  if (corpus::list_configs(catalogue, "label").empty()) return outline;
  const TrainingSetBuilder gathering(project, catalogue, with_embeddings);
  outline.path = set_path(project, gathering.draft);
  outline.exists = std::filesystem::exists(outline.path);
  outline.configuration = gathering.draft.configuration;
  outline.test_hash = gathering.test_hash;
  for (const student::TrainingWindow& window : gathering.draft.windows) {
    const bool learned = window.verdict == student::SetVerdict::accepted &&
                         gathering.split_of(window) == student::SetSplit::train;
    outline.learned_count += learned ? 1 : 0;
  }
  return outline;
}

}  // namespace pupil::pipeline
