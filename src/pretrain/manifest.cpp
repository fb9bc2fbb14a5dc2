// SPDX-License-Identifier: Apache-2.0
// One CSV after another becomes one list of clips. Rows are left out by `where` or refused for their licence,
// and the two are counted apart: the first is a choice, the second is reported. A licence given for all rows,
// or any_licence, means that no column is asked for: a CSV without one can be measured. A list of manifests
// is read relative to itself, not to the working folder.

#include "pretrain/manifest.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "corpus/licences.h"

namespace pupil::pretrain {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    if (end != 0 && !text.empty()) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Condition {
  std::size_t column;
  std::vector<std::string> values;
};

std::vector<Condition> read_conditions(const std::vector<std::string>& where, const corpus::CsvTable& table) {
  std::vector<Condition> conditions;
  for (const std::string& text : where) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) throw UsageError(concat("'", text, "' is not COLUMN=VALUE"));
    conditions.push_back({table.column(text.substr(0, equals)), split(text.substr(equals + 1), '|')});
  }
  return conditions;
}

std::optional<std::size_t> optional_column(const corpus::CsvTable& table, const std::string& name) {
  if (name.empty()) return std::nullopt;
  return table.column(name);
}

}  // namespace

std::vector<ManifestOptions> read_manifest_list(const std::filesystem::path& json,
                                                const std::filesystem::path& root) {
  const std::filesystem::path base = root.empty() ? json.parent_path() : root;
  std::vector<ManifestOptions> manifests;
  const Json list = read_json(json);
  with_context(json.string(), [&] {
    for (const Json& entry : list.as_array()) {
      ManifestOptions options;
      for (const auto& [key, value] : entry.as_object()) {
        if (key == "csv")
          options.csv = base / value.as_string();
        else if (key == "root")
          options.root = base / value.as_string();
        else if (key == "path_column")
          options.path_column = value.as_string();
        else if (key == "caption_column")
          options.caption_column = value.as_string();
        else if (key == "label_column")
          options.label_column = value.as_string();
        else if (key == "licence_column")
          options.licence_column = value.as_string();
        else if (key == "licence")
          options.licence = value.as_string();
        else if (key == "where")
          for (const Json& condition : value.as_array()) options.where.push_back(condition.as_string());
        else
          throw Error("unknown key " + key);
      }
      manifests.push_back(std::move(options));
    }
  });
  return manifests;
}

Manifest read_manifest(const ManifestOptions& options) {
  const corpus::CsvTable table = corpus::read_csv(options.csv);
  const std::filesystem::path root = options.root.empty() ? options.csv.parent_path() : options.root;
  const std::size_t path = table.column(options.path_column);
  const auto caption = optional_column(table, options.caption_column);
  const auto label = optional_column(table, options.label_column);
  if (!caption && !label) throw UsageError(concat(table.name, ": which column holds captions or labels?"));
  // With any licence the column may be missing; where it is there, it is counted all the same.
  const auto licence = !options.licence.empty() ? std::nullopt
                       : options.any_licence    ? table.find_column(options.licence_column)
                                                : optional_column(table, options.licence_column);
  const std::vector<Condition> conditions = read_conditions(options.where, table);

  Manifest manifest;
  for (const std::vector<std::string>& row : table.rows) {
    const bool wanted = std::ranges::all_of(conditions, [&](const Condition& condition) {
      return std::ranges::find(condition.values, row[condition.column]) != condition.values.end();
    });
    if (!wanted) {
      ++manifest.left_out;
      continue;
    }
    ManifestClip clip;
    clip.licence = licence ? row[*licence] : options.licence;
    const std::string refusal = options.any_licence ? "" : corpus::refusal_to_ship(clip.licence);
    if (!refusal.empty()) {
      ++manifest.refused[refusal];
      continue;
    }
    clip.file = root / row[path];
    if (caption) clip.captions = split(row[*caption], '|');
    if (label) clip.label = row[*label];
    ++manifest.licences[clip.licence];
    manifest.clips.push_back(std::move(clip));
  }
  if (manifest.clips.empty())
    throw Error(concat(table.name, ": nothing to learn from: ", describe(manifest)));
  return manifest;
}

Manifest read_manifests(std::span<const std::string> files, const ManifestOptions& columns) {
  std::vector<ManifestOptions> sources;
  for (const std::string& file : files) {
    if (file.ends_with(".json")) {
      for (ManifestOptions& source : read_manifest_list(file, columns.root))
        sources.push_back(std::move(source));
    } else {
      sources.push_back(columns);
      sources.back().csv = file;
    }
  }
  Manifest all;
  for (const ManifestOptions& source : sources) {
    Manifest one = read_manifest(source);
    log_info(concat(source.csv.string(), ": ", describe(one)));
    std::move(one.clips.begin(), one.clips.end(), std::back_inserter(all.clips));
    for (const auto& [licence, count] : one.licences) all.licences[licence] += count;
    for (const auto& [reason, count] : one.refused) all.refused[reason] += count;
    all.left_out += one.left_out;
  }
  return all;
}

std::string describe(const Manifest& manifest) {
  std::string text = concat(manifest.clips.size(), " clips");
  const char* before = " (";
  for (const auto& [licence, count] : manifest.licences) {
    text += concat(before, licence, ": ", count);
    before = ", ";
  }
  if (!manifest.licences.empty()) text += ")";
  before = "; refused: ";
  for (const auto& [reason, count] : manifest.refused) {
    text += concat(before, count, " ", reason);
    before = ", ";
  }
  return text;
}

}  // namespace pupil::pretrain
