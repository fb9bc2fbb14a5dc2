// SPDX-License-Identifier: Apache-2.0
// The words around collect(): options from pupil.toml, a run record, and what a person should know of the
// result.
//
// 1. What can come a thousand times is named a few times and then counted (kNamedLabelConflicts,
//    kNamedForeignLabels).
// 2. The estimate (sample_files()) decodes at most half a minute of one or two dozen files; the mean is over
//    all files it looked at, those that cannot be read included: the whole list has its share of them too.

#include "corpus/collect_stage.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/device_source.h"
#include "corpus/folder_listing.h"
#include "corpus/stage_run.h"
#include "corpus/status.h"

namespace pupil::corpus {
namespace {

constexpr std::size_t kSampledFiles = 12;
constexpr double kSampledSeconds = 30;

// So many are named one by one; the rest is counted.
constexpr std::int64_t kNamedLabelConflicts = 5;
constexpr std::int64_t kNamedForeignLabels = 5;

std::map<std::string, Split> parse_split_map(const std::vector<std::string>& words) {
  std::map<std::string, Split> splits;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const auto split = equals == std::string::npos ? std::nullopt : parse_split(word.substr(equals + 1));
    if (!split) throw Error(concat("split_map '", word, "': expected VALUE=train, VALUE=val or VALUE=test"));
    splits[word.substr(0, equals)] = *split;
  }
  return splits;
}

std::int32_t parse_channel(const std::string& channel) {
  if (channel == "mean") return -1;
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(channel.data(), channel.data() + channel.size(), number);
  if (error == std::errc() && end == channel.data() + channel.size() && number >= 0) return number;
  throw Error("pupil.toml: [collect] channel: '" + channel +
              "' is neither \"mean\" nor a channel's number from 0");
}

Source read_source(const SourceSpec& spec, const std::filesystem::path& base) {
  SourceOptions options;
  options.layout = parse_layout(spec.layout);
  options.licence = spec.licence;
  options.author = spec.author;
  options.split_names = parse_split_map(spec.split_map);
  options.label_separator = spec.label_separator;
  if (!spec.root.empty()) options.audio_root = base / spec.root;
  if (spec.csv.empty()) return read_source(base / spec.path, options);
  CsvColumns columns;
  // The default is the first of the usual names.
  if (spec.path_column != SourceSpec().path_column) columns.path = spec.path_column;
  columns.label = spec.label_column;
  columns.group = spec.group_column;
  columns.split = spec.split_column;
  columns.licence = spec.licence_column;
  columns.author = spec.author_column;
  columns.source = spec.source_column;
  columns.onset = spec.onset_column;
  columns.offset = spec.offset_column;
  return read_csv_source(base / spec.csv, columns, options);
}

std::string_view field_name(MetadataConflict::Field field) {
  switch (field) {
    case MetadataConflict::Field::label: return "labels";
    case MetadataConflict::Field::group: return "groups";
    case MetadataConflict::Field::licence: return "licences";
    case MetadataConflict::Field::author: return "authors";
  }
  return "";
}

// The beginning of a file, and what that says of all of it: an estimate must not decode a night.
SampledFiles sample_file(const std::filesystem::path& file) {
  const auto start = std::chrono::steady_clock::now();
  audio::Decoder decoder(file);
  std::vector<float> piece(static_cast<std::size_t>(decoder.sample_rate_hz()));
  double decoded_s = 0;
  while (decoded_s < kSampledSeconds) {
    const std::size_t count = decoder.read(piece);
    if (count == 0) break;
    decoded_s += static_cast<double>(count) / decoder.sample_rate_hz();
  }
  const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double audio_s = std::max(decoded_s, decoder.info().duration_s);
  return {audio_s, elapsed_s * audio_s / std::max(decoded_s, 1e-3)};
}

// The first few of each kind by name, the rest by number.
void warn_of_conflicts(const std::vector<MetadataConflict>& conflicts) {
  std::map<MetadataConflict::Field, std::int64_t> counts;
  for (const MetadataConflict& one : conflicts) {
    const bool label = one.field == MetadataConflict::Field::label;
    if (++counts[one.field] > (label ? kNamedLabelConflicts : 1)) continue;
    log_warning(concat(one.first_file, " (", one.first_value, ") and ", one.second_file, " (",
                       one.second_value, ") are the same take with different ", field_name(one.field),
                       "; the clip keeps ",
                       label ? std::string_view("both") : std::string_view("the first")));
  }
  for (const auto& [field, count] : counts) {
    const std::int64_t named = field == MetadataConflict::Field::label ? kNamedLabelConflicts : 1;
    if (count > named) log_warning(concat(count - named, " more takes have different ", field_name(field)));
  }
}

// Given labels without a class are no fault (they serve as negatives), but a label that is spelled otherwise
// than its class would silently count for nothing.
void warn_of_foreign_labels(const Project& project, Catalogue& catalogue) {
  std::vector<std::string_view> names;
  std::vector<SoundClass> classes = project.all_classes();
  for (const SoundClass& sound : classes) names.push_back(sound.name);
  std::string text;
  std::int64_t label_count = 0;
  std::int64_t more_clips = 0;
  for (const LabelSplitRow& row : read_status(catalogue).labels) {
    if (row.label.empty() || project.class_of(row.label) >= 0 || project.means_any_class(row.label)) continue;
    const std::int64_t clips = row.clip_count[0] + row.clip_count[1] + row.clip_count[2];
    if (++label_count > kNamedForeignLabels) {
      more_clips += clips;
      continue;
    }
    text += concat(text.empty() ? "" : ", ", clips, clips == 1 ? " clip carries" : " clips carry",
                   " the given label '", row.label, "'", did_you_mean(row.label, names));
  }
  if (label_count == 0) return;
  if (label_count > kNamedForeignLabels)
    text += concat(" and ", more_clips, " clips ", label_count - kNamedForeignLabels, " other labels");
  log_warning(concat(text, ": no class of ", project.name, "'s pupil.toml means ",
                     label_count == 1 ? "it" : "them", " (given = [...] of a class names its labels)"));
}

}  // namespace

std::vector<Source> read_sources(const std::vector<SourceSpec>& specs, const std::filesystem::path& base) {
  std::vector<Source> sources;
  for (const SourceSpec& spec : specs) {
    if (spec.path.empty() && spec.csv.empty()) continue;  // from the web: src/harvest
    const std::string& place = spec.csv.empty() ? spec.path : spec.csv;
    // Of the command line the message names the path already.
    sources.push_back(base.empty() ? read_source(spec, base)
                                   : with_context(concat("[[source]] '", place, "'"),
                                                  [&] { return read_source(spec, base); }));
  }
  return sources;
}

CollectOptions collect_options(const Project& project, std::int64_t threads) {
  CollectOptions options;
  options.sample_rate_hz = static_cast<std::int32_t>(project.collect.sample_rate_hz);
  options.channel = parse_channel(project.collect.channel);
  options.min_duration_s = project.collect.min_duration_s;
  options.silence_dbfs = project.collect.silence_db;
  options.clipped_share_max = project.collect.clipped_share;
  options.near_duplicates = project.collect.near_duplicates;
  options.licences_allowed = project.licence.allow;
  options.split.val_share = project.split.val;
  options.split.test_share = project.split.test;
  options.split.seed = static_cast<std::uint64_t>(project.split.seed);
  options.window.length_s = project.window.length_s;
  options.window.hop_s = project.window.hop_s;
  options.class_of = [&project](const std::string& label) { return project.class_of(label); };
  options.thread_count = static_cast<std::int32_t>(threads);
  return options;
}

CollectReport run_collect_stage(Catalogue& catalogue, const Store& store, const std::vector<Source>& sources,
                                const CollectOptions& collect_with, const Json& options) {
  StageRun run(catalogue, "collect", options, collect_with.split.seed);
  std::optional<Progress> progress;
  const auto advance = [&](std::int64_t, std::int64_t total) {
    if (!progress) progress.emplace("collect", total, "files");
    progress->advance();
  };
  const auto start = std::chrono::steady_clock::now();
  CollectReport report = collect(catalogue, store, sources, collect_with, advance);
  if (progress) progress->finish();
  const std::int64_t reviews = put_source_reviews(catalogue, sources, collect_with.window);
  if (reviews > 0) report.remarks.push_back(concat("verdicts from devices: ", reviews, " windows reviewed"));
  run.set_work("seconds of sound", report.added_s, start);
  run.finish(collect_report_json(report));
  return report;
}

void warn_of(const CollectReport& report, const Project& project, Catalogue& catalogue) {
  for (const std::string& remark : report.remarks) log_info(remark);
  log_warnings(report.warnings);
  std::vector<std::string> conflicts;
  for (const auto& conflict : report.split_conflicts) {
    conflicts.push_back(concat("recording '", conflict.recording, "' is ", conflict.detail,
                               "; all of it goes to ", split_name(conflict.kept)));
  }
  log_warnings(conflicts);
  warn_of_conflicts(report.metadata_conflicts);
  if (report.few_in_train_count > 0) {
    log_warning(concat(
        "too few recordings to divide into train, val and test: all without a given split are in train (",
        report.few_in_train_count,
        " would not be), so nothing is left to choose thresholds by or to "
        "measure with; add recordings or give splits"));
  }
  warn_of_foreign_labels(project, catalogue);
}

Json collect_report_json(const CollectReport& report) {
  Json json;
  json.set("files", report.file_count);
  json.set("unchanged", report.unchanged_count);
  json.set("added", report.added_count);
  json.set("replaced", report.replaced_count);
  json.set("relabelled", report.relabelled_count);
  json.set("completed", report.completed_count);
  json.set("moved", report.moved_count);
  json.set("restored", report.restored_count);
  json.set("added_s", report.added_s);
  json.set("windows", report.window_count);
  Json aside{Json::Object()};
  for (const auto& [reason, count] : report.set_aside) aside.set(set_aside_reason_name(reason), count);
  json.set("set_aside", aside);
  Json conflicts{Json::Array()};
  for (const auto& conflict : report.split_conflicts) {
    Json one;
    one.set("recording", conflict.recording);
    one.set("kept", split_name(conflict.kept));
    one.set("detail", conflict.detail);
    conflicts.push_back(one);
  }
  json.set("split_conflicts", conflicts);
  Json contradictions{Json::Array()};
  for (const auto& conflict : report.metadata_conflicts) {
    Json one;
    one.set("field", field_name(conflict.field));
    one.set("first_file", conflict.first_file);
    one.set("first", conflict.first_value);
    one.set("second_file", conflict.second_file);
    one.set("second", conflict.second_value);
    contradictions.push_back(one);
  }
  json.set("metadata_conflicts", contradictions);
  json.set("few_in_train", report.few_in_train_count);
  json.set("warnings", report.warnings);
  return json;
}

std::string collect_report_text(const CollectReport& report) {
  std::string text = concat(with_thousands(report.file_count), " files: ", with_thousands(report.added_count),
                            " new clips (", readable_seconds(report.added_s), "), ",
                            with_thousands(report.unchanged_count + report.relabelled_count), " known");
  if (report.replaced_count > 0) text += concat(", ", with_thousands(report.replaced_count), " replaced");
  if (report.relabelled_count > 0)
    text += concat(" (", with_thousands(report.relabelled_count), " relabelled)");
  text += concat("; ", with_thousands(report.window_count), " windows\n");
  if (report.completed_count > 0) {
    text += concat("known clips that got labels, group, split or licence from a duplicate: ",
                   with_thousands(report.completed_count), "\n");
  }
  if (report.moved_count > 0)
    text += concat("known clips whose file was moved: ", with_thousands(report.moved_count), "\n");
  if (report.restored_count > 0)
    text += concat("audio that was lost from the store and is there again: ",
                   with_thousands(report.restored_count), "\n");
  for (const auto& [reason, count] : report.set_aside) {
    text += concat("set aside, ", set_aside_reason_name(reason), ": ", with_thousands(count), "\n");
  }
  return text;
}

SampledFiles sample_files(const std::vector<std::filesystem::path>& files) {
  SampledFiles sampled;
  if (files.empty()) return sampled;
  const std::size_t stride = std::max<std::size_t>(1, files.size() / kSampledFiles);
  double count = 0;
  for (std::size_t i = 0; i < files.size(); i += stride) {
    ++count;
    if (file_problem(files[i])) continue;  // a pipe would be waited for
    try {
      const SampledFiles one = sample_file(files[i]);
      sampled.audio_s += one.audio_s;
      sampled.work_s += one.work_s;
    } catch (const Error&) {  // collect will say why; it costs next to nothing
    }
  }
  sampled.audio_s /= count;
  sampled.work_s /= count;
  return sampled;
}

}  // namespace pupil::corpus
