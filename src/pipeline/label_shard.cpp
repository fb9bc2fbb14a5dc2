// SPDX-License-Identifier: Apache-2.0
// An item of the plan is a view and a teacher, with the view's pending windows; it goes to the shard of the view's hash. A result
// is keyed by the embed link, the view's hash and the window.

#include "pipeline/label_shard.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/lost_audio.h"
#include "corpus/scores.h"
#include "corpus/store.h"
#include "corpus/views.h"
#include "corpus/windows.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_stage.h"
#include "pipeline/model_identity.h"

namespace pupil::pipeline {
namespace {

constexpr std::int64_t kPage = 5000;

std::string result_key(const std::string& embed_hash, const EmbeddingItem& item) {
  return concat("embedding\n", embed_hash, "\n", item.view_hash, "\n", item.window.start_sample, "\n",
                item.window.length_samples);
}

// Pending work of one teacher on its way into the plan: windows of one view follow one another.
class PlanPart {
 public:
  PlanPart(corpus::ShardPlanWriter& writer, std::int64_t teacher) : writer_(writer), teacher_(teacher) {}

  void begin(const corpus::View& view) {
    end();
    view_ = view;
  }
  void add(const corpus::Window& window) {
    windows_.push_back(Json(std::vector<std::int64_t>{window.start_sample, window.length_samples}));
  }
  void end() {
    if (view_.id == 0) return;
    Json item;
    item.set("teacher", teacher_);
    item.set("view", view_.hash);
    item.set("rate_hz", view_.sample_rate_hz);
    item.set("samples", view_.sample_count);
    item.set("windows", Json(std::exchange(windows_, {})));
    writer_.add(view_.hash, item);
    view_ = {};
  }
  std::int64_t view_id() const { return view_.id; }

 private:
  corpus::ShardPlanWriter& writer_;
  const std::int64_t teacher_;
  corpus::View view_;
  Json::Array windows_;
};

void plan_teacher(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& active,
                  std::int64_t embed_id, PlanPart& part) {
  std::int64_t after = 0;
  if (project.teacher.input == "clip") {
    for (;;) {
      const auto views = corpus::pending_view_embeddings(catalogue, active, embed_id, after, kPage);
      if (views.empty()) break;
      for (const corpus::View& view : views) part.begin(view);
      after = views.back().id;
    }
  } else {
    for (;;) {
      const auto windows = corpus::pending_embeddings(catalogue, active, embed_id, after, kPage);
      if (windows.empty()) break;
      for (const corpus::Window& window : windows) {
        if (window.view_id != part.view_id()) part.begin(corpus::get_view(catalogue, window.view_id));
        part.add(window);
      }
      after = windows.back().id;
    }
  }
  part.end();
}

struct PlannedView {
  EmbeddingItem item;            // without a window
  std::vector<Stretch> windows;  // one of length 0: the whole view
};

// The plan's items of one teacher, one window after the other.
class PlannedItems {
 public:
  void add(const Json& json) {
    PlannedView view;
    view.item.view_hash = json.at("view").as_string();
    view.item.sample_rate_hz = static_cast<std::int32_t>(json.at("rate_hz").as_int());
    view.item.sample_count = json.at("samples").as_int();
    for (const Json& window : json.at("windows").as_array())
      view.windows.push_back({window.as_array().at(0).as_int(), window.as_array().at(1).as_int()});
    if (view.windows.empty()) view.windows.push_back({});
    window_count_ += std::ssize(view.windows);
    views_.push_back(std::move(view));
  }

  std::int64_t window_count() const { return window_count_; }
  std::int64_t views_passed() const { return static_cast<std::int64_t>(view_); }

  // False at the end.
  bool next(EmbeddingItem* item) {
    while (view_ < views_.size() && window_ == views_[view_].windows.size()) {
      ++view_;
      window_ = 0;
    }
    if (view_ == views_.size()) return false;
    *item = views_[view_].item;
    item->window = views_[view_].windows[window_++];
    item->id = ++id_;
    return true;
  }

 private:
  std::vector<PlannedView> views_;
  std::int64_t window_count_ = 0;
  std::size_t view_ = 0, window_ = 0;
  std::int64_t id_ = 0;
};

void embed_items(const Project& project, corpus::ShardRun& run, const teacher::Teacher& teacher,
                 const std::string& embed_hash, PlannedItems& items) {
  Progress progress(concat(teacher.kind(), " embeds, ", run.name()), items.window_count(), "windows");
  std::int64_t told = 0;
  EmbeddingWalk walk{project.teacher, teacher, run.project_dir(), {}, {}, {}};
  walk.next = [&](std::int64_t) {
    std::vector<EmbeddingItem> batch;
    EmbeddingItem item;
    while (std::ssize(batch) < project.teacher.batch && items.next(&item)) {
      if (!run.contains(result_key(embed_hash, item))) {
        const auto file = corpus::stored_audio_path(run.project_dir(), item.view_hash);
        if (!corpus::is_whole_audio(file, 0))
          throw Error(concat(file.string(), ": lost or torn; pupil collect ", run.project_dir().string(),
                             " takes its source in again, then plan again"));
        batch.push_back(item);
      } else {
        progress.advance();
      }
    }
    return batch;
  };
  walk.put = [&](const auto& batch, const auto& embedded) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Json fields;
      fields.set("problem", embedded[i].problem);
      run.put(result_key(embed_hash, batch[i]), fields,
              std::as_bytes(std::span<const float>(embedded[i].embedding)));
    }
    run.advance(items.views_passed() - told);
    told = items.views_passed();
    progress.advance(std::ssize(batch));
  };
  walk_embeddings(walk);
}

}  // namespace

corpus::ShardPlan plan_label(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                             std::int64_t shards, const TeacherLoader& load_teacher) {
  const ConfigChain chain = prepare_labelling(project, catalogue, store, nullptr, load_teacher);
  Json links{Json::Array()};
  for (const TeacherLinks& teacher : chain.teachers) {
    Json link;
    link.set("hash", teacher.embed.hash);
    link.set("text", teacher.embed.text);
    links.push_back(link);
  }
  corpus::ShardPlanWriter writer(catalogue.project_dir(), "label", shards, links);
  for (std::size_t i = 0; i < chain.teachers.size(); ++i) {
    PlanPart part(writer, static_cast<std::int64_t>(i));
    plan_teacher(project, catalogue, chain.active(project.label), chain.teachers[i].embed.id, part);
  }
  return writer.finish();
}

void run_label_shard(const Project& project, corpus::ShardRun& run, const TeacherLoader& load_teacher) {
  const std::vector<TeacherSpec> specs = project.teacher.teachers();
  const Json::Array& links = run.plan().links.as_array();
  if (links.size() != specs.size()) throw Error("the plan has another number of teachers: plan again");
  for (std::size_t i = 0; i < specs.size(); ++i) {
    PlannedItems items;
    run.for_each_item([&](const Json& json) {
      if (json.at("teacher").as_int() == static_cast<std::int64_t>(i)) items.add(json);
    });
    if (items.window_count() == 0) continue;
    if (!load_teacher)
      check_weights(project, specs[i].model, ModelUse::teacher, links[i].at("text").as_string());
    const auto teacher =
        load_teacher ? load_teacher(project, specs[i]) : load_project_teacher(project, specs[i]);
    embed_items(project, run, *teacher, links[i].at("hash").as_string(), items);
  }
  run.finish();
}

std::optional<teacher::AudioEmbedding> find_embedding(const corpus::ShardResults& results,
                                                      const std::string& embed_hash,
                                                      const EmbeddingItem& item) {
  const auto result = results.find(item.view_hash, result_key(embed_hash, item));
  if (!result) return std::nullopt;
  teacher::AudioEmbedding embedded;
  embedded.problem = result->fields.at("problem").as_string();
  std::span<const std::byte> bytes = result->bytes;
  embedded.embedding = corpus::take_array<float>(&bytes, std::ssize(bytes) / std::int64_t{sizeof(float)});
  return embedded;
}

}  // namespace pupil::pipeline
