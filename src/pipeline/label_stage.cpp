// SPDX-License-Identifier: Apache-2.0
// The three steps of label_stage.h. A batch of audio is read on a thread of its own while the teacher embeds the one before;
// the catalogue is used from the stage's thread only, which writes each batch in a transaction. Every step asks for what is
// pending under its configuration, so nothing is marked as done and a killed run goes on where it was.

#include "pipeline/label_stage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "audio/resampler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/models.h"
#include "corpus/stage_run.h"
#include "corpus/view_audio.h"
#include "corpus/views.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/config_chain.h"
#include "pipeline/embedded_stretch.h"
#include "pipeline/known_classes.h"
#include "pipeline/label_decision.h"
#include "pipeline/label_refinement.h"
#include "pipeline/label_summary.h"
#include "pipeline/negative_bank.h"
#include "pipeline/project_teacher.h"
#include "pipeline/separation_scores.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {
namespace {

// Windows decided per transaction where nothing costly is computed.
constexpr std::int64_t kCheapBatch = 5000;

// One teacher and the configurations of what it says.
struct LoadedTeacher {
  TeacherSpec spec;
  std::unique_ptr<teacher::Teacher> teacher;
  corpus::StageConfig embed;
  corpus::StageConfig score;
};

// A batch read ahead while the teacher embeds the one before.
template <typename Item>
struct Batch {
  std::vector<Item> items;
  std::vector<std::vector<float>> audio;  // at the teacher's rate, one per item
};

class EmbeddingPass {
 public:
  EmbeddingPass(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                const corpus::WindowFilter& filter, const LoadedTeacher& loaded)
      : project_(project), catalogue_(catalogue), filter_(filter), teacher_(loaded), reader_(store) {}

  // Returns the number of new embeddings.
  std::int64_t run() { return project_.teacher.input == "clip" ? embed_views() : embed_windows(); }

 private:
  std::int64_t embed_windows() {
    const std::int64_t total = corpus::count_pending_embeddings(catalogue_, filter_, teacher_.embed.id);
    return walk<corpus::Window>(
        total, "windows",
        [&](std::int64_t after, std::int64_t limit) {
          return corpus::pending_embeddings(catalogue_, filter_, teacher_.embed.id, after, limit);
        },
        [&](const corpus::Window& window) { return window_audio(window); },
        [&](const corpus::Window& window, const teacher::AudioEmbedding& embedded) {
          if (embedded.problem.empty()) {
            corpus::put_embedding(catalogue_, teacher_.embed.id, window.id, embedded.embedding);
          } else {
            corpus::put_window_skip(catalogue_, teacher_.embed.id, window.id, "unusable audio",
                                    embedded.problem);
          }
        });
  }

  std::int64_t embed_views() {
    const std::int64_t total = corpus::count_pending_view_embeddings(catalogue_, filter_, teacher_.embed.id);
    const std::int64_t embedded_count = walk<corpus::View>(
        total, "clips",
        [&](std::int64_t after, std::int64_t limit) {
          return corpus::pending_view_embeddings(catalogue_, filter_, teacher_.embed.id, after, limit);
        },
        [&](const corpus::View& view) { return clip_audio(view); },
        [&](const corpus::View& view, const teacher::AudioEmbedding& embedded) {
          if (embedded.problem.empty()) {
            corpus::put_view_embedding(catalogue_, teacher_.embed.id, view.id, embedded.embedding);
          } else {
            corpus::put_view_skip(catalogue_, teacher_.embed.id, view.id, "unusable audio", embedded.problem);
          }
        });
    if (cut_count_ > 0) {
      log_warning(concat("[teacher] input = \"clip\": of ", with_thousands(cut_count_), " clips longer than ",
                         kEmbeddedClipSeconds,
                         " s only so much is scored; input = \"window\" scores all of them"));
    }
    return embedded_count;
  }

  // The catalogue is used from this thread only; the one that reads ahead touches audio files alone.
  template <typename Item, typename Pending, typename Read, typename Put>
  std::int64_t walk(std::int64_t total, const char* unit, Pending pending, Read read, Put put) {
    if (total == 0) return 0;
    Progress progress(concat(teacher_.teacher->kind(), " embeds"), total, unit);
    const auto next_items = [&](std::int64_t after) { return pending(after, project_.teacher.batch); };
    const auto load = [&](std::vector<Item> items) {
      Batch<Item> batch{std::move(items), {}};
      for (const Item& item : batch.items) batch.audio.push_back(read(item));
      return batch;
    };
    std::int64_t count = 0;
    std::vector<Item> items = next_items(0);
    prepare(items);
    std::future<Batch<Item>> ahead = std::async(std::launch::async, load, items);
    while (!items.empty()) {
      const Batch<Item> batch = ahead.get();
      items = next_items(batch.items.back().id);
      prepare(items);
      if (!items.empty()) ahead = std::async(std::launch::async, load, items);
      const std::vector<teacher::AudioEmbedding> embedded = teacher_.teacher->embed(batch.audio);
      corpus::Transaction transaction(catalogue_);
      for (std::size_t i = 0; i < embedded.size(); ++i) put(batch.items[i], embedded[i]);
      transaction.commit();
      count += static_cast<std::int64_t>(embedded.size());
      progress.advance(static_cast<std::int64_t>(embedded.size()));
    }
    return count;
  }

  // What must be known of views, and asked of the catalogue, before another thread reads their audio.
  void prepare(const std::vector<corpus::View>& views) {
    for (const corpus::View& view : views) corpus::check_stored_audio(catalogue_, view.hash);
  }
  void prepare(const std::vector<corpus::Window>& windows) {
    const std::lock_guard lock(views_mutex_);
    std::map<std::int64_t, corpus::View> views;
    for (const corpus::Window& window : windows) {
      if (views.contains(window.view_id)) continue;
      const auto known = views_.find(window.view_id);
      if (known != views_.end()) {
        views.insert(*known);
        continue;
      }
      const corpus::View view = corpus::get_view(catalogue_, window.view_id);
      corpus::check_stored_audio(catalogue_, view.hash);
      views.emplace(window.view_id, view);
    }
    views_ = std::move(views);
  }

  std::vector<float> window_audio(const corpus::Window& window) {
    corpus::View view;
    {
      const std::lock_guard lock(views_mutex_);
      view = views_.at(window.view_id);
    }
    const Stretch stretch = embedded_stretch(project_.teacher, {window.start_sample, window.length_samples},
                                             view.sample_rate_hz, view.sample_count);
    return at_teacher_rate(reader_.read(view.hash, stretch.start_sample, stretch.length_samples), view);
  }

  std::vector<float> clip_audio(const corpus::View& view) {
    const auto most = static_cast<std::int64_t>(kEmbeddedClipSeconds * view.sample_rate_hz);
    if (view.sample_count > most) ++cut_count_;
    return at_teacher_rate(reader_.read(view.hash, 0, std::min(view.sample_count, most)), view);
  }

  std::vector<float> at_teacher_rate(std::vector<float> samples, const corpus::View& view) const {
    const std::int32_t rate = teacher_.teacher->sample_rate_hz();
    if (view.sample_rate_hz == rate) return samples;
    return audio::resample(samples, view.sample_rate_hz, rate);
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::WindowFilter& filter_;
  const LoadedTeacher& teacher_;
  corpus::ViewAudio reader_;
  std::mutex views_mutex_;
  std::map<std::int64_t, corpus::View> views_;  // of the batches under way
  std::int64_t cut_count_ =
      0;  // clips longer than kEmbeddedClipSeconds; looked at when no thread reads ahead
};

std::int64_t score_pending(const Project& project, corpus::Catalogue& catalogue,
                           const corpus::WindowFilter& filter, const LoadedTeacher& loaded) {
  const bool by_clip = project.teacher.input == "clip";
  std::int64_t count = 0;
  std::int64_t after = 0;
  while (true) {
    const std::vector<corpus::Window> windows =
        corpus::pending_scores(catalogue, filter, loaded.score.id, after, kCheapBatch);
    if (windows.empty()) return count;
    after = windows.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : windows) {
      const std::vector<float> embedding =
          by_clip ? corpus::get_view_embedding(catalogue, loaded.embed.id, window.view_id)
                  : corpus::get_embedding(catalogue, loaded.embed.id, window.id);
      if (embedding.empty()) continue;  // unusable audio has none
      corpus::put_scores(catalogue, loaded.score.id, window.id, loaded.teacher->score(embedding));
      ++count;
    }
    transaction.commit();
  }
}

// One more teacher's scores of the bank's windows.
void add_bank_scores(const Project& project, const NegativeBank& bank, const LoadedTeacher& loaded,
                     const corpus::ModelRecord& model, BankScores* scores) {
  const BankEmbeddings embedded = embed_bank(project, bank, *loaded.teacher, model);
  const std::size_t size = scored_classes(project).size();
  scores->window_counts = embedded.window_counts;
  std::vector<float>& rows = scores->scores.emplace_back();
  for (const std::vector<float>& embedding : embedded.of_windows) {
    if (embedding.empty()) {
      rows.resize(rows.size() + size, std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    const std::vector<float> row = loaded.teacher->score(embedding);
    rows.insert(rows.end(), row.begin(), row.end());
  }
}

// What embedding costs depends on the teacher and on how much audio it gets at once.
std::string work_kind(const Project& project) {
  std::string names;
  for (const TeacherSpec& spec : project.teacher.teachers()) names += concat(spec.model, ", ");
  return concat(names, "input ", project.teacher.input, ", ", project.teacher.precision);
}

// Configures a teacher's links: from here on its results have a place.
LoadedTeacher load_configured(const Project& project, corpus::Catalogue& catalogue, const TeacherLinks& links,
                              const TeacherLoader& load_teacher) {
  LoadedTeacher loaded{links.spec, load_teacher(project, links.spec), {}, {}};
  corpus::put_model(catalogue, links.model);
  loaded.embed = corpus::configure(catalogue, "embed", links.embed.text);
  loaded.score = corpus::configure(catalogue, "score", links.score.text);
  return loaded;
}

}  // namespace

LabelStageReport run_label_stage(const Project& project, corpus::Catalogue& catalogue,
                                 const corpus::Store& store, const corpus::Shard& shard, const Json& options,
                                 const TeacherLoader& load_teacher) {
  if (project.all_classes().size() < 2)
    throw Error("pupil.toml: labelling needs at least two classes ([[class]], [[negative]])");
  corpus::StageRun run(catalogue, "label", options);
  corpus::cut_pending_windows(catalogue, window_options(project));
  ConfigChain chain = find_config_chain(project, catalogue);
  if (chain.separate && chain.separate->id == 0) {
    throw Error(concat(
        "[separate] mode asks for separated views, but there are none of the present separator, queries "
        "and mix: pupil separate ",
        project.dir.string()));
  }
  if (judge_separated_views(project, catalogue, store, chain, shard, load_teacher) > 0) {
    chain = find_config_chain(project, catalogue);
  }
  check_examples(project, catalogue);
  corpus::WindowFilter active = chain.active(project.label);
  active.shard = shard;
  if (corpus::count_windows(catalogue, chain.filter) == 0)
    throw Error("there is nothing to label: pupil collect brings clips in");

  LabelStageReport report;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::int64_t> embedding_begins;
  const std::optional<NegativeBank> bank = project_bank(project);
  const bool score_bank = bank && shard.count == 1 && !bank_is_scored(project, chain);
  BankScores bank_scores;
  for (const TeacherLinks& links : chain.teachers) {
    const LoadedTeacher loaded = load_configured(project, catalogue, links, load_teacher);
    embedding_begins.push_back(loaded.teacher->embedding_begin());
    report.embedded_count += EmbeddingPass(project, catalogue, store, active, loaded).run();
    report.scored_count += score_pending(project, catalogue, active, loaded);
    if (score_bank) add_bank_scores(project, *bank, loaded, links.model, &bank_scores);
    for (const corpus::SkipCount& skip : corpus::count_skips(catalogue, loaded.embed.id))
      report.skips.push_back(skip);
  }
  run.set_work(work_kind(project), static_cast<double>(report.embedded_count), start);

  report.decided = shard.count == 1;
  if (report.decided) {
    if (score_bank) write_bank_scores(project, chain, bank_scores);
    chain = find_config_chain(project, catalogue);
    std::vector<EnsembleMember> members = find_members(project, catalogue, chain);
    for (std::size_t i = 0; i < members.size(); ++i) members[i].embedding_begin = embedding_begins[i];
    decide_labels(project, catalogue, chain, members);
    chain = find_config_chain(project, catalogue);
    summarise_labels(project, catalogue, chain.filter, chain.label.id, &report);
    summarise_refinement(project, catalogue, chain, chain.filter, &report);
    summarise_groups(project, catalogue, chain, &report);
  }
  run.finish(label_report_json(report));
  return report;
}

LabelForecast forecast_labels(const Project& project, corpus::Catalogue& catalogue) {
  LabelForecast forecast;
  forecast.kind = work_kind(project);
  const ConfigChain chain = find_config_chain(project, catalogue);
  if (chain.windows.id == 0) return forecast;
  const corpus::WindowFilter active = chain.active(project.label);
  forecast.window_count = corpus::count_windows(catalogue, chain.filter);
  for (const TeacherLinks& links : chain.teachers) {
    forecast.unembedded_count +=
        project.teacher.input == "clip"
            ? corpus::count_pending_view_embeddings(catalogue, active, links.embed.id)
            : corpus::count_pending_embeddings(catalogue, active, links.embed.id);
  }
  // Views that are not cut yet (separated ones, mostly) will have windows.
  forecast.undecided_count = corpus::count_pending_labels(catalogue, chain.filter, chain.label.id) +
                             corpus::count_uncut_views(catalogue, window_options(project));
  if (!bank_is_scored(project, chain)) ++forecast.undecided_count;
  for (const LinkState& state : link_states(project, catalogue, chain)) {
    const bool ours = state.stage == "embed" || state.stage == "score" || state.stage == "label";
    if (ours && forecast.reason.empty()) forecast.reason = state.problem;
  }
  // A class that a teacher cannot know is better found now than after hours of collecting.
  for (const TeacherLinks& links : chain.teachers) {
    if (!forecast.nothing_to_do()) load_project_teacher(project, links.spec);
  }
  return forecast;
}

}  // namespace pupil::pipeline
