// pupil collect: brings recordings into a project.

#include <charconv>
#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/project_file.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/collect.h"

namespace pupil::cli {
namespace {

struct CollectCommandOptions {
  static constexpr std::string_view kDetails =
      "SOURCE is a folder (one folder per class, ESC-50, Hugging Face AudioFolder with metadata.csv, or any "
      "heap of\n"
      "recordings), an index of those kinds, or a recording. Other indexes: --csv FILE and its columns.\n"
      "Stop it at any time and run it again: it goes on. Run it again after adding files: only those are "
      "read.";

  std::string dir;
  std::vector<std::string> sources;
  std::string csv;
  std::string root;
  corpus::CsvColumns columns;
  std::string layout = "auto";
  std::string label_separator;
  std::vector<std::string> split_map;
  std::string licence;
  std::string author;
  std::int64_t threads = 0;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project (pupil init makes one)");
    v.positionals("SOURCE", sources, 0, "where recordings come from");
    v.value("--csv", "FILE", csv, "an index of recordings");
    v.value("--path-column", "NAME", columns.path, "column of --csv: the file, relative to the index");
    v.value("--label-column", "NAME", columns.label, "column: the given label");
    v.value("--group-column", "NAME", columns.group,
            "column: the recording a clip was cut from; never divided by splits");
    v.value("--split-column", "NAME", columns.split, "column: train, val or test (or see --split-map)");
    v.value("--licence-column", "NAME", columns.licence, "column: licence of the recording");
    v.value("--author-column", "NAME", columns.author, "column: who made it");
    v.value("--source-column", "NAME", columns.source, "column: where it was published");
    v.value("--onset-column", "NAME", columns.onset, "column: where the label begins, seconds");
    v.value("--offset-column", "NAME", columns.offset, "column: where the label ends, seconds");
    v.value("--root", "FOLDER", root, "folder that the paths of --csv start from, if not the index's own");
    v.value("--layout", "KIND", layout, "how folders are read: auto, plain, classes, esc50, audiofolder");
    v.value("--label-separator", "TEXT", label_separator, "splits a cell that holds several labels");
    v.list("--split-map", "VALUE=SPLIT", split_map,
           "what folds or other split values stand for: 1=train 4=val 5=test");
    v.value("--licence", "TEXT", licence, "licence of recordings that name none");
    v.value("--author", "TEXT", author, "author of recordings that name none");
    v.value("--threads", "N", threads, "decoding threads; 0: all cores");
    v.flag("--json", json, "machine-readable summary");
  }
};

std::map<std::string, corpus::Split> parse_split_map(const std::vector<std::string>& words) {
  std::map<std::string, corpus::Split> splits;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const auto split =
        equals == std::string::npos ? std::nullopt : corpus::parse_split(word.substr(equals + 1));
    if (!split) throw UsageError("--split-map '" + word + "': expected VALUE=train, VALUE=val or VALUE=test");
    splits[word.substr(0, equals)] = *split;
  }
  return splits;
}

std::vector<corpus::Source> read_sources(const CollectCommandOptions& options) {
  if (options.sources.empty() && options.csv.empty())
    throw UsageError("no SOURCE and no --csv: nothing to collect");
  corpus::SourceOptions source_options;
  source_options.layout = corpus::parse_layout(options.layout);
  source_options.licence = options.licence;
  source_options.author = options.author;
  source_options.split_names = parse_split_map(options.split_map);
  source_options.label_separator = options.label_separator;
  source_options.audio_root = options.root;
  std::vector<corpus::Source> sources;
  if (!options.csv.empty())
    sources.push_back(corpus::read_csv_source(options.csv, options.columns, source_options));
  for (const std::string& source : options.sources)
    sources.push_back(corpus::read_source(source, source_options));
  return sources;
}

std::int32_t parse_channel(const std::string& channel) {
  if (channel == "mean") return -1;
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(channel.data(), channel.data() + channel.size(), number);
  if (error == std::errc() && end == channel.data() + channel.size() && number >= 0) return number;
  throw Error("pupil.toml: [collect] channel: '" + channel +
              "' is neither \"mean\" nor a channel's number from 0");
}

corpus::CollectOptions collect_options(const Project& project, const CollectCommandOptions& command) {
  corpus::CollectOptions options;
  options.sample_rate_hz = static_cast<std::int32_t>(project.collect.sample_rate_hz);
  options.channel = parse_channel(project.collect.channel);
  options.min_duration_s = project.collect.min_duration_s;
  options.silence_dbfs = project.collect.silence_db;
  options.clipped_share_max = project.collect.clipped_share;
  options.near_duplicates = project.collect.near_duplicates;
  options.split.val_share = project.split.val;
  options.split.test_share = project.split.test;
  options.split.seed = static_cast<std::uint64_t>(project.split.seed);
  options.window.length_s = project.window.length_s;
  options.window.hop_s = project.window.hop_s;
  options.thread_count = static_cast<std::int32_t>(command.threads);
  return options;
}

Json report_json(const corpus::CollectReport& report) {
  Json json;
  json.set("files", report.file_count);
  json.set("unchanged", report.unchanged_count);
  json.set("added", report.added_count);
  json.set("replaced", report.replaced_count);
  json.set("relabelled", report.relabelled_count);
  json.set("added_s", report.added_s);
  json.set("windows", report.window_count);
  Json aside{Json::Object()};
  for (const auto& [reason, count] : report.set_aside)
    aside.set(corpus::set_aside_reason_name(reason), count);
  json.set("set_aside", aside);
  Json conflicts{Json::Array()};
  for (const auto& conflict : report.split_conflicts) {
    Json one;
    one.set("recording", conflict.recording);
    one.set("kept", corpus::split_name(conflict.kept));
    one.set("detail", conflict.detail);
    conflicts.push_back(one);
  }
  json.set("split_conflicts", conflicts);
  return json;
}

void print_report(const corpus::CollectReport& report) {
  std::printf("%s files: %s new clips (%s), %s known", with_thousands(report.file_count).c_str(),
              with_thousands(report.added_count).c_str(), readable_seconds(report.added_s).c_str(),
              with_thousands(report.unchanged_count + report.relabelled_count).c_str());
  if (report.replaced_count > 0) std::printf(", %s replaced", with_thousands(report.replaced_count).c_str());
  if (report.relabelled_count > 0)
    std::printf(" (%s relabelled)", with_thousands(report.relabelled_count).c_str());
  std::printf("; %s windows\n", with_thousands(report.window_count).c_str());
  for (const auto& [reason, count] : report.set_aside) {
    std::printf("set aside, %s: %s\n", std::string(corpus::set_aside_reason_name(reason)).c_str(),
                with_thousands(count).c_str());
  }
}

void warn(const corpus::CollectReport& report) {
  for (const std::string& remark : report.remarks) log_info(remark);
  for (const auto& conflict : report.split_conflicts) {
    log_warning(concat("recording '", conflict.recording, "' is ", conflict.detail, "; all of it goes to ",
                       corpus::split_name(conflict.kept)));
  }
}

}  // namespace

int run_collect(const Command& command, Arguments arguments) {
  CollectCommandOptions options = parse_options<CollectCommandOptions>(command, arguments);
  const Project project = load_project(options.dir);
  const corpus::CollectOptions collect_with = collect_options(project, options);
  const std::vector<corpus::Source> sources = read_sources(options);
  auto catalogue = corpus::Catalogue::create(options.dir);
  const corpus::Store store(options.dir);

  corpus::Run run;
  run.command = "collect";
  run.options_json = options_json(options).dump();
  run.seed = collect_with.split.seed;
  run.revision = PUPIL_VERSION;
  const std::int64_t run_id = corpus::begin_run(catalogue, run);
  std::optional<Progress> progress;
  const auto advance = [&](std::int64_t, std::int64_t total) {
    if (!progress) progress.emplace("collect", total, "files");
    progress->advance();
  };
  try {
    const corpus::CollectReport report = corpus::collect(catalogue, store, sources, collect_with, advance);
    if (progress) progress->finish();
    corpus::end_run(catalogue, run_id, "done", report_json(report).dump());
    warn(report);
    options.json ? void(std::printf("%s\n", report_json(report).dump(2).c_str())) : print_report(report);
  } catch (const Error& error) {
    if (progress) progress->finish();
    // The catalogue may be what failed; the first error is the one to show.
    try {
      corpus::end_run(catalogue, run_id, "failed", Json(std::string_view(error.what())).dump());
    } catch (const Error&) {
    }
    throw;
  }
  return 0;
}

}  // namespace pupil::cli
