// SPDX-License-Identifier: Apache-2.0
// The three steps of label_stage.h. A batch of audio is read on a thread of its own while the teacher embeds the one before
// (embedding_walk.h); the catalogue is used from the stage's thread only, which writes each batch in a transaction. Every step asks for what is
// pending under its configuration, so nothing is marked as done and a killed run goes on where it was.

#include "pipeline/label_stage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/models.h"
#include "corpus/stage_run.h"
#include "corpus/views.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/config_chain.h"
#include "pipeline/embedding_walk.h"
#include "pipeline/known_classes.h"
#include "pipeline/label_decision.h"
#include "pipeline/label_refinement.h"
#include "pipeline/label_shard.h"
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

// Embeds what is pending of one teacher: windows, or views with [teacher] input = "clip".
class EmbeddingPass {
 public:
  EmbeddingPass(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& filter,
                const LoadedTeacher& loaded, const corpus::ShardResults* results)
      : project_(project), catalogue_(catalogue), filter_(filter), teacher_(loaded), results_(results) {}

  // Returns the number of new embeddings.
  std::int64_t run() {
    const std::int64_t total =
        by_clip() ? corpus::count_pending_view_embeddings(catalogue_, filter_, teacher_.embed.id)
                  : corpus::count_pending_embeddings(catalogue_, filter_, teacher_.embed.id);
    if (total == 0) return 0;
    Progress progress(concat(teacher_.teacher->kind(), " embeds"), total, by_clip() ? "clips" : "windows");
    EmbeddingWalk walk{project_.teacher, *teacher_.teacher, catalogue_.project_dir(), {}, {}, {}};
    walk.next = [&](std::int64_t after) { return by_clip() ? next_views(after) : next_windows(after); };
    if (results_ != nullptr) {
      walk.known = [&](const EmbeddingItem& item) {
        return find_embedding(*results_, teacher_.embed.hash, item);
      };
    }
    walk.put = [&](const auto& items, const auto& embedded) {
      corpus::Transaction transaction(catalogue_);
      for (std::size_t i = 0; i < items.size(); ++i) put(items[i].id, embedded[i]);
      transaction.commit();
      progress.advance(std::ssize(items));
    };
    const std::int64_t count = walk_embeddings(walk);
    if (cut_count_ > 0) {
      log_warning(concat("[teacher] input = \"clip\": of ", with_thousands(cut_count_), " clips longer than ",
                         kEmbeddedClipSeconds,
                         " s only so much is scored; input = \"window\" scores all of them"));
    }
    return count;
  }

 private:
  bool by_clip() const { return project_.teacher.input == "clip"; }

  std::vector<EmbeddingItem> next_views(std::int64_t after) {
    std::vector<EmbeddingItem> items;
    for (const corpus::View& view : corpus::pending_view_embeddings(catalogue_, filter_, teacher_.embed.id,
                                                                    after, project_.teacher.batch)) {
      corpus::check_stored_audio(catalogue_, view.hash);
      cut_count_ += static_cast<double>(view.sample_count) > kEmbeddedClipSeconds * view.sample_rate_hz;
      items.push_back({view.id, view.hash, view.sample_rate_hz, view.sample_count, {}});
    }
    return items;
  }

  std::vector<EmbeddingItem> next_windows(std::int64_t after) {
    std::vector<EmbeddingItem> items;
    for (const corpus::Window& window :
         corpus::pending_embeddings(catalogue_, filter_, teacher_.embed.id, after, project_.teacher.batch)) {
      if (window.view_id != view_.id) {
        view_ = corpus::get_view(catalogue_, window.view_id);
        corpus::check_stored_audio(catalogue_, view_.hash);
      }
      items.push_back({window.id,
                       view_.hash,
                       view_.sample_rate_hz,
                       view_.sample_count,
                       {window.start_sample, window.length_samples}});
    }
    return items;
  }

  void put(std::int64_t id, const teacher::AudioEmbedding& embedded) {
    const std::int64_t config = teacher_.embed.id;
    if (embedded.problem.empty()) {
      by_clip() ? corpus::put_view_embedding(catalogue_, config, id, embedded.embedding)
                : corpus::put_embedding(catalogue_, config, id, embedded.embedding);
    } else {
      by_clip() ? corpus::put_view_skip(catalogue_, config, id, "unusable audio", embedded.problem)
                : corpus::put_window_skip(catalogue_, config, id, "unusable audio", embedded.problem);
    }
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::WindowFilter& filter_;
  const LoadedTeacher& teacher_;
  const corpus::ShardResults* results_;
  corpus::View view_;           // of the window before
  std::int64_t cut_count_ = 0;  // clips longer than kEmbeddedClipSeconds
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

void check_class_count(const Project& project) {
  if (project.all_classes().size() < 2)
    throw Error("pupil.toml: labelling needs at least two classes ([[class]], [[negative]])");
}

}  // namespace

ConfigChain prepare_labelling(const Project& project, corpus::Catalogue& catalogue,
                              const corpus::Store& store, const corpus::ShardResults* results,
                              const TeacherLoader& load_teacher) {
  check_class_count(project);
  corpus::cut_pending_windows(catalogue, window_options(project));
  ConfigChain chain = find_config_chain(project, catalogue);
  if (chain.separate && chain.separate->id == 0) {
    throw Error(concat(
        "[separate] mode asks for separated views, but there are none of the present separator, queries "
        "and mix: pupil separate ",
        project.dir.string()));
  }
  if (judge_separated_views(project, catalogue, store, chain, results, load_teacher) > 0) {
    chain = find_config_chain(project, catalogue);
  }
  check_examples(project, catalogue);
  if (corpus::count_windows(catalogue, chain.filter) == 0)
    throw Error("there is nothing to label: pupil collect brings clips in");
  return chain;
}

LabelStageReport run_label_stage(const Project& project, corpus::Catalogue& catalogue,
                                 const corpus::Store& store, const corpus::ShardResults* results,
                                 const Json& options, const TeacherLoader& load_teacher) {
  check_class_count(project);
  corpus::StageRun run(catalogue, "label", options);
  ConfigChain chain = prepare_labelling(project, catalogue, store, results, load_teacher);
  const corpus::WindowFilter active = chain.active(project.label);

  LabelStageReport report;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::int64_t> embedding_begins;
  const std::optional<NegativeBank> bank = project_bank(project);
  const bool score_bank = bank && !bank_is_scored(project, chain);
  BankScores bank_scores;
  for (const TeacherLinks& links : chain.teachers) {
    const LoadedTeacher loaded = load_configured(project, catalogue, links, load_teacher);
    embedding_begins.push_back(loaded.teacher->embedding_begin());
    report.embedded_count += EmbeddingPass(project, catalogue, active, loaded, results).run();
    report.scored_count += score_pending(project, catalogue, active, loaded);
    if (score_bank) add_bank_scores(project, *bank, loaded, links.model, &bank_scores);
    for (const corpus::SkipCount& skip : corpus::count_skips(catalogue, loaded.embed.id))
      report.skips.push_back(skip);
  }
  run.set_work(work_kind(project), static_cast<double>(report.embedded_count), start);

  if (score_bank) write_bank_scores(project, chain, bank_scores);
  chain = find_config_chain(project, catalogue);
  std::vector<EnsembleMember> members = find_members(project, catalogue, chain);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].embedding_begin = embedding_begins[i];
  decide_labels(project, catalogue, chain, members);
  chain = find_config_chain(project, catalogue);
  summarise_labels(project, catalogue, chain.filter, chain.label.id, &report);
  summarise_refinement(project, catalogue, chain, chain.filter, &report);
  summarise_groups(project, catalogue, chain, &report);
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
