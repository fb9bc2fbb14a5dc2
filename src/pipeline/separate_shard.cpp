// SPDX-License-Identifier: Apache-2.0
// An item of the plan is a clip, and goes to the shard of its hash. Worker threads separate; this thread alone writes results and
// asks the teacher. Figures are stored as bytes: a ratio may be infinite, which JSON has no word for.

#include "pipeline/separate_shard.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/ordered_work.h"
#include "base/progress.h"
#include "base/text.h"
#include "pipeline/config_chain.h"
#include "pipeline/model_identity.h"
#include "pipeline/project_teacher.h"
#include "pipeline/separation_scores.h"

namespace pupil::pipeline {
namespace {

std::string separation_key(const std::string& separate_hash, const std::string& clip_hash) {
  return concat("separation\n", separate_hash, "\n", clip_hash);
}

std::string judgement_key(const std::string& judge_hash, const std::string& clip_hash,
                          const corpus::View& view) {
  return concat("judgement\n", judge_hash, "\n", clip_hash, "\n", view.hash, "\n", view.separation.query);
}

void put_separation(corpus::ShardRun& run, const std::string& key, const ClipSeparation& made) {
  Json fields;
  fields.set("problem", made.problem);
  Json views{Json::Array()};
  std::vector<std::byte> bytes;
  for (const NewView& one : made.views) {
    Json view;
    view.set("query", one.view.separation.query);
    view.set("state", static_cast<std::int64_t>(one.view.state));
    view.set("hash", one.view.hash);
    view.set("rate_hz", one.view.sample_rate_hz);
    view.set("samples", one.view.sample_count);
    view.set("size_bytes", one.view.size_bytes);
    view.set("levels", one.levels.blocks.size());
    views.push_back(view);
    const double figures[] = {one.view.separation.energy_ratio, one.view.separation.removed_db};
    corpus::append_array<double>(&bytes, figures);
    corpus::append_array(&bytes, std::span(one.levels.blocks));
  }
  fields.set("views", views);
  run.put(key, fields, bytes);
}

ClipSeparation read_separation(const corpus::ShardResult& result) {
  ClipSeparation made;
  made.problem = result.fields.at("problem").as_string();
  std::span<const std::byte> bytes = result.bytes;
  for (const Json& json : result.fields.at("views").as_array()) {
    NewView one;
    one.view.kind = corpus::ViewKind::separated;
    one.view.state = static_cast<corpus::ViewState>(json.at("state").as_int());
    one.view.hash = json.at("hash").as_string();
    one.view.sample_rate_hz = static_cast<std::int32_t>(json.at("rate_hz").as_int());
    one.view.sample_count = json.at("samples").as_int();
    one.view.size_bytes = json.at("size_bytes").as_int();
    const auto figures = corpus::take_array<double>(&bytes, 2);
    one.view.separation = {json.at("query").as_string(), figures[0], figures[1]};
    one.levels.blocks = corpus::take_array<std::uint8_t>(&bytes, json.at("levels").as_int());
    made.views.push_back(std::move(one));
  }
  return made;
}

struct PlannedClip {
  std::string hash;
  std::string path;
};

// The views of one clip, judged; nothing without a teacher.
class ShardJudge {
 public:
  ShardJudge(const Project& project, corpus::ShardRun& run) : run_(run), dir_(project.dir) {
    const Json* link = run.plan().links.find("judge");
    if (link == nullptr) return;
    hash_ = link->at("hash").as_string();
    try {
      const TeacherSpec spec = project.teacher.teachers().front();
      check_weights(project, spec.model, ModelUse::teacher, link->at("text").as_string());
      teacher_ = load_project_teacher(project, spec);
      judge_ = std::make_unique<ViewJudge>(project, *teacher_);
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      log_info(concat("the views are not judged by the teacher: ", error.what()));
    }
  }

  void judge(const std::string& clip_hash, const ClipSeparation& made) {
    if (!judge_) return;
    for (const NewView& one : made.views) {
      if (one.view.state != corpus::ViewState::good) continue;
      const std::string key = judgement_key(hash_, clip_hash, one.view);
      if (run_.contains(key)) continue;
      const corpus::Judgement judgement =
          judge_->judge(corpus::stored_audio_path(dir_, clip_hash), run_.store().path(one.view.hash),
                        one.view.separation.query);
      Json fields;
      fields.set("destroyed", judgement.destroyed);
      run_.put(key, fields, std::as_bytes(std::span(&judgement.score_change, 1)));
    }
  }

 private:
  corpus::ShardRun& run_;
  const std::filesystem::path dir_;
  std::string hash_;
  std::unique_ptr<teacher::Teacher> teacher_;
  std::unique_ptr<ViewJudge> judge_;
};

}  // namespace

corpus::ShardPlan plan_separate(const Project& project, corpus::Catalogue& catalogue, std::int64_t shards) {
  if (project.separate.mode == "off")
    throw Error("separation is off ([separate] mode in pupil.toml): nothing to plan");
  const corpus::StageConfig config = separate_link(
      project, catalogue, identify_model(project, catalogue, project.separate.model, ModelUse::separator));
  const auto link = [](const corpus::StageConfig& one) {
    Json json;
    json.set("hash", one.hash);
    json.set("text", one.text);
    return json;
  };
  Json links;
  links.set("separate", link(config));
  try {
    links.set("judge", link(*find_config_chain(project, catalogue).judge));
  } catch (const DiskError&) {
    throw;
  } catch (
      const Error& error) {  // views are of use without a teacher; labelling, which needs it, judges then
    log_info(concat("the views will not be judged by the teacher: ", error.what()));
  }
  const std::vector<std::string> queries = separation_queries(project);
  corpus::ShardPlanWriter writer(catalogue.project_dir(), "separate", shards, links);
  for (std::int64_t after = 0;;) {
    const auto clips = corpus::pending_separation(catalogue, config.id, queries, after, kPageClips);
    if (clips.empty()) break;
    after = clips.back().id;
    for (const corpus::Clip& clip : clips) {
      Json item;
      item.set("clip", clip.hash);
      item.set("path", clip.path);
      writer.add(clip.hash, item);
    }
  }
  return writer.finish();
}

void run_separate_shard(const Project& project, corpus::ShardRun& run, const SeparateShardOptions& options) {
  std::vector<PlannedClip> clips;
  run.for_each_item([&](const Json& item) {
    clips.push_back({item.at("clip").as_string(), item.at("path").as_string()});
  });
  if (clips.empty()) return run.finish();
  const Json& link = run.plan().links.at("separate");
  check_weights(project, project.separate.model, ModelUse::separator, link.at("text").as_string());
  const ClipSeparator separator(project, options.device);
  ShardJudge judge(project, run);
  const std::string& separate_hash = link.at("hash").as_string();

  // What an earlier run has separated is read from its results; it may lack a judgement.
  std::vector<bool> known(clips.size());
  for (std::size_t i = 0; i < clips.size(); ++i)
    known[i] = run.contains(separation_key(separate_hash, clips[i].hash));
  const auto threads =
      options.threads > 0 ? options.threads : std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  Progress progress(concat("separate, ", run.name()), std::ssize(clips), "clips");
  OrderedWork<ClipSeparation> work(
      std::ssize(clips), static_cast<std::int32_t>(threads), [&](std::int64_t i) -> ClipSeparation {
        const auto place = static_cast<std::size_t>(i);
        return known[place] ? ClipSeparation{}
                            : separator.separate(clips[place].hash, clips[place].path, run.store());
      });
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const std::string key = separation_key(separate_hash, clips[i].hash);
    ClipSeparation made = work.take();
    if (known[i]) {
      made = read_separation(run.get(key));
    } else {
      put_separation(run, key, made);
    }
    judge.judge(clips[i].hash, made);
    run.advance(1);
    progress.advance();
  }
  run.finish();
}

std::optional<ClipSeparation> find_separation(const corpus::ShardResults& results,
                                              const std::string& separate_hash, const std::string& clip_hash,
                                              const corpus::Store& store) {
  const auto result = results.find(clip_hash, separation_key(separate_hash, clip_hash));
  if (!result) return std::nullopt;
  ClipSeparation made = read_separation(*result);
  for (const NewView& one : made.views) {
    store.adopt(results.link_audio(clip_hash, one.view.hash, one.view.size_bytes, store), one.view.hash);
  }
  return made;
}

std::optional<corpus::Judgement> find_judgement(const corpus::ShardResults& results,
                                                const std::string& judge_hash, const std::string& clip_hash,
                                                const corpus::View& view) {
  const auto result = results.find(clip_hash, judgement_key(judge_hash, clip_hash, view));
  if (!result) return std::nullopt;
  corpus::Judgement judgement;
  judgement.destroyed = result->fields.at("destroyed").as_bool();
  if (result->bytes.size() != sizeof judgement.score_change)
    throw Error("a shard's judgement is not one number");
  std::memcpy(&judgement.score_change, result->bytes.data(), sizeof judgement.score_change);
  return judgement;
}

}  // namespace pupil::pipeline
