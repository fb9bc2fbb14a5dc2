// SPDX-License-Identifier: Apache-2.0
// Worker threads decode, separate and write to the store; the calling thread alone touches the catalogue (one
// per thread). It takes results in the order of clips, so a slow clip holds up those behind it, and at most
// one clip per worker is under way or waiting.
//
// 1. A page of pending clips begins after the last clip of the page before (`after`), since clips that are
//    under way are still pending in the catalogue.
// 2. A clip that cannot be separated is a skip, with its reason. A full disk ends the run, and so does a clip
//    whose audio is gone from the store: that is not the clip's fault.
// 3. Judging the views needs the teacher. Where there is none the views are still of use, and labelling
//    judges them later (judge()).

#include "pipeline/separate_stage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <future>
#include <optional>
#include <thread>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/judgements.h"
#include "corpus/lost_audio.h"
#include "corpus/models.h"
#include "corpus/stage_run.h"
#include "corpus/views.h"
#include "pipeline/clip_separation.h"
#include "pipeline/config_chain.h"
#include "pipeline/model_identity.h"
#include "pipeline/separate_shard.h"
#include "pipeline/separation_page.h"
#include "pipeline/separation_scores.h"
#include "separator/stream_separation.h"

namespace pupil::pipeline {
namespace {

// What all jobs of a run share.
struct SeparateStage {
  const Project& project;
  corpus::Catalogue& catalogue;
  const corpus::Store& store;
  const ClipSeparator& separator;
  corpus::StageConfig config;
  const corpus::ShardResults* results;
};

struct ClipResult {
  corpus::Clip clip;
  ClipSeparation made;
};

std::string work_kind(const Project& project) {
  return concat(project.separate.model, ", ", project.separate.precision, ", seconds of sound");
}

void commit_result(SeparateStage& stage, const ClipResult& result, SeparateStageReport& report) {
  corpus::Transaction transaction(stage.catalogue);
  if (!result.made.problem.empty()) {
    corpus::put_clip_skip(stage.catalogue, stage.config.id, result.clip.id, "not separable",
                          result.made.problem);
    ++report.skipped_count;
  } else {
    for (const NewView& made : result.made.views) {
      corpus::View view = made.view;
      view.clip_id = result.clip.id;
      view.config_id = stage.config.id;
      corpus::put_separated_view(stage.catalogue, view, made.levels);
      report.good_count += view.state == corpus::ViewState::good ? 1 : 0;
      report.silent_count += view.state == corpus::ViewState::silent ? 1 : 0;
      report.destroyed_count += view.state == corpus::ViewState::destroyed ? 1 : 0;
      report.duration_s += static_cast<double>(view.sample_count) / view.sample_rate_hz;
    }
    ++report.clip_count;
  }
  transaction.commit();
}

// What a shard has made, ready at once; else a thread that makes it.
std::future<ClipResult> begin_clip(const SeparateStage& stage, const corpus::Clip& clip) {
  if (stage.results != nullptr) {
    if (auto made = find_separation(*stage.results, stage.config.hash, clip.hash, stage.store)) {
      std::promise<ClipResult> ready;
      ready.set_value({clip, std::move(*made)});
      return ready.get_future();
    }
  }
  return std::async(std::launch::async, [&stage, clip] {
    return ClipResult{clip, stage.separator.separate(clip.hash, clip.path, stage.store)};
  });
}

SeparateStageReport separate_pending(SeparateStage& stage, std::size_t worker_count) {
  SeparateStageReport report;
  Progress progress("separate", 0, "clips");
  std::deque<std::future<ClipResult>> running;
  const auto take_one = [&] {
    commit_result(stage, running.front().get(), report);
    running.pop_front();
    progress.advance();
  };
  std::int64_t after = 0;
  while (true) {
    const std::vector<corpus::Clip> clips = corpus::pending_separation(
        stage.catalogue, stage.config.id, stage.separator.queries(), after, kPageClips);
    if (clips.empty()) break;
    after = clips.back().id;
    for (const corpus::Clip& clip : clips) {
      corpus::check_stored_audio(stage.catalogue, clip.hash);
      if (running.size() >= worker_count) take_one();
      running.push_back(begin_clip(stage, clip));
    }
  }
  while (!running.empty()) take_one();
  return report;
}

// Returns the configuration of the judgements, 0 where there are none: views are of use without them, and labelling,
// which needs the teacher, judges then.
std::int64_t judge(SeparateStage& stage) {
  try {
    const ConfigChain chain = find_config_chain(stage.project, stage.catalogue);
    judge_separated_views(stage.project, stage.catalogue, stage.store, chain, stage.results);
    return corpus::look_up_config(stage.catalogue, "judge", chain.judge->text).id;
  } catch (const DiskError&) {
    throw;
  } catch (const Error& error) {
    log_info(concat("the views are not judged by the teacher: ", error.what()));
    return 0;
  }
}

std::vector<float> beginning_at_32k(const corpus::Store& store, const corpus::View& view) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = separator::kSampleRateHz;
  decode.min_duration_s = 0;
  std::vector<float> samples(static_cast<std::size_t>(kPageSecondsMax * separator::kSampleRateHz));
  const std::filesystem::path file = store.path(view.hash);
  with_context(file.string(), [&] { samples.resize(audio::Decoder(file, decode).read(samples)); });
  return samples;
}

// The first clips' views, for a person to judge.
void write_stage_page(const std::filesystem::path& path, SeparateStage& stage, std::int64_t clip_count,
                      std::int64_t judge_id) {
  std::vector<SeparatedSound> sounds;
  std::vector<corpus::Clip> clips;
  corpus::for_each_clip(stage.catalogue, {}, [&](const corpus::Clip& clip) {
    if (static_cast<std::int64_t>(clips.size()) < clip_count) clips.push_back(clip);
  });
  for (const corpus::Clip& clip : clips) {
    const std::vector<corpus::View> views = corpus::list_views(stage.catalogue, clip.id);
    for (const corpus::View& view : views) corpus::check_stored_audio(stage.catalogue, view.hash);
    const std::vector<float> before = beginning_at_32k(stage.store, views.front());
    for (const corpus::View& view : views) {
      if (view.config_id != stage.config.id || view.kind != corpus::ViewKind::separated) continue;
      static constexpr const char* kStates[] = {"good", "silent", "destroyed"};
      sounds.push_back({clip.path, view.separation.query,
                        kStates[static_cast<int>(corpus::judged_state(stage.catalogue, view, judge_id))],
                        view.separation.energy_ratio, view.separation.removed_db, before,
                        beginning_at_32k(stage.store, view), clip.duration_s()});
    }
  }
  write_separation_page(path, sounds);
}

}  // namespace

SeparateStageReport run_separate_stage(const Project& project, corpus::Catalogue& catalogue,
                                       const corpus::Store& store, const SeparateStageOptions& options) {
  if (project.separate.mode == "off") {
    log_info("separation is off ([separate] mode in pupil.toml): nothing to do");
    return {};
  }
  const ClipSeparator separator(project, options.device);
  SeparateStage stage{project, catalogue, store, separator, {}, options.results};
  const corpus::ModelRecord model =
      identify_model(project, catalogue, project.separate.model, ModelUse::separator);
  corpus::put_model(catalogue, model);
  stage.config = corpus::configure(catalogue, "separate", separate_link(project, catalogue, model).text);

  corpus::StageRun run(catalogue, "separate", options.record, 0, stage.config.hash);
  const std::size_t workers = options.threads > 0 ? static_cast<std::size_t>(options.threads)
                                                  : std::max(1U, std::thread::hardware_concurrency());
  const auto start = std::chrono::steady_clock::now();
  SeparateStageReport report = separate_pending(stage, workers);
  run.set_work(work_kind(project), report.duration_s, start);
  const std::int64_t judge_id = judge(stage);
  report.query_count = separator.queries().size();
  report.skips = corpus::count_skips(catalogue, stage.config.id);
  run.finish(separate_report_json(report));
  if (!options.page.empty()) write_stage_page(options.page, stage, options.page_clips, judge_id);
  return report;
}

SeparateForecast forecast_separation(const Project& project, corpus::Catalogue& catalogue) {
  SeparateForecast forecast;
  if (project.separate.mode == "off") return forecast;
  const std::vector<std::string> queries = separation_queries(project);
  const corpus::StageConfig config = separate_link(
      project, catalogue, identify_model(project, catalogue, project.separate.model, ModelUse::separator));
  for (std::int64_t after = 0;;) {
    const std::vector<corpus::Clip> clips =
        corpus::pending_separation(catalogue, config.id, queries, after, kPageClips);
    if (clips.empty()) break;
    after = clips.back().id;
    forecast.clip_count += std::ssize(clips);
    for (const corpus::Clip& clip : clips)
      forecast.duration_s += clip.duration_s() * static_cast<double>(queries.size());
  }
  forecast.query_count = queries.size();
  forecast.kind = work_kind(project);
  try {
    const ConfigChain chain = find_config_chain(project, catalogue);
    forecast.unjudged_count = corpus::count_pending_judgements(catalogue, config.id, chain.judge->id);
    for (const LinkState& state : link_states(project, catalogue, chain)) {
      const bool ours = state.stage == "separate" || state.stage == "judge";
      if (ours && forecast.reason.empty()) forecast.reason = state.problem;
    }
  } catch (const Error&) {  // without a teacher the views stay as they are; labelling will say so
  }
  return forecast;
}

Json separate_report_json(const SeparateStageReport& report) {
  Json json;
  json.set("clips", report.clip_count);
  json.set("good", report.good_count);
  json.set("silent", report.silent_count);
  json.set("destroyed", report.destroyed_count);
  json.set("skipped", report.skipped_count);
  json.set("duration_s", report.duration_s);
  Json reasons{Json::Object()};
  for (const corpus::SkipCount& skip : report.skips) reasons.set(skip.reason, skip.count);
  json.set("skipped_in_all", reasons);
  return json;
}

std::string separate_report_text(const SeparateStageReport& report) {
  return concat(with_thousands(report.clip_count), " clips separated with ", report.query_count,
                " queries: ", with_thousands(report.good_count), " views good, ",
                with_thousands(report.silent_count), " silent, ", with_thousands(report.destroyed_count),
                " destroyed; ", with_thousands(report.skipped_count), " clips skipped\n");
}

}  // namespace pupil::pipeline
