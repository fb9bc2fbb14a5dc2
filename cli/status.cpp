// SPDX-License-Identifier: Apache-2.0
// pupil status: what a project holds.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/shard_results.h"
#include "corpus/status.h"
#include "corpus/web_items.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_status.h"
#include "pipeline/train_stage.h"
#include "project/project_file.h"
#include "status_options.h"
#include "student/backbone.h"

namespace pupil::cli {
namespace {

// What stands under the configurations that pupil.toml asks for.
struct StageResults {
  std::int64_t windows = 0, embeddings = 0, scores = 0, labels = 0;
  corpus::StageConfig label;
  std::vector<pipeline::LinkState> states;
  std::string problem;  // why the configurations are not known; the rest is empty then
};

StageResults read_results(const Project& project, corpus::Catalogue& catalogue) {
  StageResults results;
  try {
    const pipeline::ConfigChain chain = pipeline::find_config_chain(project, catalogue);
    results.windows = corpus::count_results(catalogue, chain.windows.id);
    results.embeddings = corpus::count_results(catalogue, chain.teachers.front().embed.id);
    results.scores = corpus::count_results(catalogue, chain.teachers.front().score.id);
    results.label = chain.label;
    results.labels = corpus::count_results(catalogue, chain.label.id);
    results.states = pipeline::link_states(project, catalogue, chain);
    results.states.push_back(
        {"train", pipeline::student_problem(project, catalogue), concat("pupil run ", project.dir.string())});
  } catch (const Error& error) {
    results.problem = error.what();
    results.windows = corpus::count_results(
        catalogue, corpus::look_up_window_config(catalogue, pipeline::window_options(project)).id);
  }
  return results;
}

double hours(double seconds) {
  return seconds / 3600.0;
}

Json rows_json(const std::vector<corpus::CountRow>& rows, const char* name) {
  Json list{Json::Array()};
  for (const corpus::CountRow& row : rows) {
    Json one;
    one.set(name, row.name);
    one.set("clips", row.clip_count);
    one.set("hours", hours(row.duration_s));
    list.push_back(one);
  }
  return list;
}

Json status_json(const corpus::CatalogueStatus& status, const StageResults& results) {
  Json json;
  json.set("clips", status.clip_count);
  json.set("recordings", status.recording_count);
  json.set("hours", hours(status.duration_s));
  Json labels{Json::Array()};
  for (const corpus::LabelSplitRow& row : status.labels) {
    Json one;
    one.set("label", row.label);
    for (int split = 0; split < 3; ++split) {
      one.set(corpus::split_name(static_cast<corpus::Split>(split)), row.clip_count[split]);
    }
    one.set("hours", hours(row.duration_s));
    labels.push_back(one);
  }
  json.set("labels", labels);
  json.set("splits", rows_json({std::begin(status.splits), std::end(status.splits)}, "split"));
  json.set("licences", rows_json(status.licences, "licence"));
  json.set("sources", rows_json(status.sources, "source"));
  Json aside{Json::Object()};
  for (const corpus::CountRow& row : status.set_aside) aside.set(row.name, row.clip_count);
  json.set("set_aside", aside);
  json.set("views", status.view_count);
  json.set("windows", results.windows);
  json.set("embeddings", results.embeddings);
  json.set("scores", results.scores);
  json.set("window_labels", results.labels);
  json.set("reviews", status.review_count);
  json.set("held", status.held_count);
  Json stages{Json::Array()};
  for (const pipeline::LinkState& state : results.states) {
    Json one;
    one.set("stage", state.stage);
    one.set("problem", state.problem);
    if (!state.problem.empty()) one.set("renew", state.command);
    stages.push_back(one);
  }
  json.set("stages", stages);
  if (!results.problem.empty()) json.set("stages_problem", results.problem);
  return json;
}

void print_rows(const char* title, const std::vector<corpus::CountRow>& rows, const char* nameless) {
  if (rows.empty()) return;
  std::printf("\n%-40s %10s %10s\n", title, "clips", "hours");
  for (const corpus::CountRow& row : rows) {
    std::printf("%-40s %10s %10.2f\n", row.name.empty() ? nameless : row.name.c_str(),
                with_thousands(row.clip_count).c_str(), hours(row.duration_s));
  }
}

Json fates_json(const std::vector<corpus::FateRow>& rows) {
  Json list{Json::Array()};
  for (const corpus::FateRow& row : rows) {
    Json one;
    one.set("source", row.source);
    one.set("fate", corpus::fate_name(row.fate));
    one.set("items", row.count);
    list.push_back(one);
  }
  return list;
}

void print_fates(const std::vector<corpus::FateRow>& rows) {
  if (!rows.empty()) std::printf("\n%-40s %-16s %10s\n", "from the web", "fate", "items");
  for (const corpus::FateRow& row : rows) {
    std::printf("%-40s %-16s %10s\n", row.source.c_str(), std::string(corpus::fate_name(row.fate)).c_str(),
                with_thousands(row.count).c_str());
  }
}

void print_lost_items(const std::vector<corpus::FateLine>& lines) {
  if (!lines.empty()) std::printf("\n");
  for (const corpus::FateLine& line : lines) {
    std::printf("%s: %s: %s%s%s\n", line.source.c_str(), line.url.c_str(),
                std::string(corpus::fate_name(line.fate)).c_str(), line.detail.empty() ? "" : ": ",
                line.detail.c_str());
  }
}

void print_states(const StageResults& results) {
  if (!results.problem.empty()) std::printf("\nwhat is current is not known: %s\n", results.problem.c_str());
  if (!results.states.empty()) std::printf("\n%-12s %s\n", "stage", "against pupil.toml");
  for (const pipeline::LinkState& state : results.states) {
    const std::string text =
        state.problem.empty() ? "current" : concat("stale: ", state.problem, " (", state.command, ")");
    std::printf("%-12s %s\n", state.stage.c_str(), text.c_str());
  }
}

void print_status(const corpus::CatalogueStatus& status, const StageResults& results) {
  std::printf("%s clips of %s recordings, %.2f hours, %s windows\n",
              with_thousands(status.clip_count).c_str(), with_thousands(status.recording_count).c_str(),
              hours(status.duration_s), with_thousands(results.windows).c_str());
  if (status.held_count > 0)
    std::printf(
        "clips that people sent and nobody has reviewed, from which nothing learns: %s (pupil review --submitted)\n",
        with_thousands(status.held_count).c_str());
  if (status.clip_count > 0)
    std::printf("\n%-40s %10s %10s %10s %10s\n", "label", "train", "val", "test", "hours");
  for (const corpus::LabelSplitRow& row : status.labels) {
    std::printf("%-40s %10s %10s %10s %10.2f\n", row.label.empty() ? "(no given label)" : row.label.c_str(),
                with_thousands(row.clip_count[0]).c_str(), with_thousands(row.clip_count[1]).c_str(),
                with_thousands(row.clip_count[2]).c_str(), hours(row.duration_s));
  }
  print_rows("split", {std::begin(status.splits), std::end(status.splits)}, "");
  print_rows("licence", status.licences, "(not stated)");
  print_rows("source", status.sources, "");
  if (!status.set_aside.empty()) std::printf("\n%-40s %10s\n", "set aside", "files");
  for (const corpus::CountRow& row : status.set_aside) {
    std::printf("%-40s %10s\n", row.name.c_str(), with_thousands(row.clip_count).c_str());
  }
}

Json set_aside_json(const std::vector<corpus::SetAside>& files) {
  Json list{Json::Array()};
  for (const corpus::SetAside& file : files) {
    Json one;
    one.set("source", file.source);
    one.set("path", file.path);
    one.set("reason", corpus::set_aside_reason_name(file.reason));
    one.set("detail", file.detail);
    if (file.other_clip_id != 0) one.set("duplicate_of", file.other_clip_id);
    list.push_back(one);
  }
  return list;
}

void print_set_aside(const std::vector<corpus::SetAside>& files) {
  if (!files.empty()) std::printf("\n");
  for (const corpus::SetAside& file : files) {
    std::printf("%s: %s: %s\n", file.path.c_str(),
                std::string(corpus::set_aside_reason_name(file.reason)).c_str(), file.detail.c_str());
  }
}

// What the shards of the project's plan have done; null without a plan.
Json shards_json(const std::string& dir) {
  if (!corpus::has_plan(dir)) return {};
  const corpus::ShardPlan plan = corpus::read_plan(dir);
  Json json;
  json.set("stage", plan.stage);
  json.set("items", plan.item_count());
  json.set("merged", plan.merged);
  Json list{Json::Array()};
  for (const corpus::ShardState& state : corpus::read_shard_states(dir, plan)) {
    Json one;
    one.set("shard", state.index);
    one.set("state", corpus::shard_state_name(state.kind));
    one.set("items", state.item_count);
    one.set("done", state.done_count);
    one.set("host", state.host);
    list.push_back(one);
  }
  json.set("shards", list);
  return json;
}

std::string shards_text(const std::string& dir) {
  if (!corpus::has_plan(dir)) return {};
  const corpus::ShardPlan plan = corpus::read_plan(dir);
  if (plan.merged) return concat("\nshards of ", plan.stage, ": all ", plan.shard_count(), " are merged\n");
  char line[200];
  std::snprintf(line, sizeof line, "\n%-12s %-10s %12s %12s  %s\n", concat(plan.stage, " by").c_str(),
                "state", "done", "of", "where");
  std::string text = line;
  std::int64_t done = 0;
  for (const corpus::ShardState& state : corpus::read_shard_states(dir, plan)) {
    done += state.done_count;
    std::snprintf(line, sizeof line, "%-12s %-10s %12s %12s  %s\n",
                  corpus::shard_name(state.index, plan.shard_count()).c_str(),
                  std::string(corpus::shard_state_name(state.kind)).c_str(),
                  with_thousands(state.done_count).c_str(), with_thousands(state.item_count).c_str(),
                  state.host.c_str());
    text += line;
  }
  return concat(text, with_thousands(done), " of ", with_thousands(plan.item_count()), " items\n");
}

// The catalogue is not opened: whoever merges is not disturbed, and a node that may not open it can look too.
int watch(const std::string& dir) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  for (;;) {
    const std::string text = shards_text(dir);
    std::printf("%s%s", terminal ? "\033[H\033[2J" : "",
                text.empty() ? "no stage is planned for shards\n" : text.c_str());
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(2));
  }
}

}  // namespace

int run_status(const Command& command, Arguments arguments) {
  const StatusOptions options = parse_options<StatusOptions>(command, arguments);
  if (options.watch) return watch(options.dir);
  auto catalogue = corpus::Catalogue::open_to_look(options.dir);
  const corpus::CatalogueStatus status = corpus::read_status(catalogue);
  const Project project = load_project(options.dir);
  const StageResults results = read_results(project, catalogue);
  if (options.json) {
    Json json = status_json(status, results);
    json.set("web", fates_json(corpus::list_fates(catalogue)));
    json.set("init", student::resolved_init(project.train));
    json.set("labelling", pipeline::label_status_json(catalogue, results.label, status));
    if (Json shards = shards_json(options.dir); !shards.is_null()) json.set("shards", shards);
    if (options.set_aside) json.set("set_aside_files", set_aside_json(corpus::list_set_aside(catalogue)));
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  print_status(status, results);
  print_fates(corpus::list_fates(catalogue));
  print_states(results);
  std::printf("\nthe student begins with: %s\n", student::resolved_init(project.train).c_str());
  std::fputs(pipeline::label_status_text(catalogue, results.label, status).c_str(), stdout);
  std::fputs(shards_text(options.dir).c_str(), stdout);
  if (options.set_aside) print_set_aside(corpus::list_set_aside(catalogue));
  if (options.fates) print_lost_items(corpus::list_lost_items(catalogue));
  return 0;
}

}  // namespace pupil::cli
