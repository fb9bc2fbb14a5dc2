// SPDX-License-Identifier: Apache-2.0
// The table of usual names is data: what an index calls its columns in the data sets that were looked at, written as
// plain_name() writes them, so that "Recording ID" and "recording_id" are one entry. Purposes are served in the order of
// column_purposes(); a column that one has taken is gone for those that follow.
#include "corpus/index_columns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "base/error.h"
#include "base/name.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

// The usual names of a purpose's column, the preferred first, as plain_name() has them: a group before a
// recording before a take, since the coarser divides nothing that belongs together.
const std::map<std::string_view, std::vector<std::string_view>>& usual_names() {
  static const std::map<std::string_view, std::vector<std::string_view>> names = {
      {"path",
       {"path", "filename", "file", "filepath", "audiopath", "audiofile", "audiofilename", "audio", "wav",
        "wavpath", "wavfile", "clip", "clippath", "clipfile", "fname", "slicefilename"}},
      {"label",
       {"label", "labels", "givenlabel", "category", "categories", "class", "classes", "classname",
        "classlabel", "tag", "tags"}},
      {"group",
       {"group",
        "groupid",
        "groupname",
        "recordinggroup",
        "recording",
        "recordingid",
        "recordingname",
        "recordid",
        "recid",
        "session",
        "sessionid",
        "sessionname",
        "srcfile",
        "sourcefile",
        "originalfile",
        "originalrecording",
        "parent",
        "parentid",
        "parentfile",
        "freesoundid",
        "fsid",
        "youtubeid",
        "ytid",
        "videoid",
        "take",
        "takeid",
        "takename",
        "recordingfile",
        "recordingno",
        "recordingnumber",
        "sourcerecording",
        "sourceid",
        "srcid",
        "originalid"}},
      {"split", {"split", "subset", "partition", "set", "fold"}},
      {"licence", {"licence", "license", "licencename", "licensename"}},
      {"author", {"author", "attribution", "artist", "creator", "recordist", "uploader", "username"}},
      {"source", {"source", "url", "sourceurl", "pageurl", "link", "attributionurl", "sourcerepo"}},
      {"onset", {"onset", "onsets"}},
      {"offset", {"offset", "offsets"}}};
  return names;
}

// "File Name", "file-name", "fileName" and "filename" are one.
std::string plain_name(std::string_view name) {
  std::string plain = folded_name(name);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  return plain;
}

bool are_splits(const CsvTable& table, const std::string& column,
                const std::map<std::string, Split>& split_names) {
  const std::size_t at = table.column(column);
  return std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
    return row[at].empty() || split_names.contains(row[at]) || parse_split(row[at]);
  });
}

bool is_used(const std::string& column, const CsvColumns& columns) {
  const auto purposes = column_purposes();
  return std::any_of(purposes.begin(), purposes.end(),
                     [&](const ColumnPurpose& purpose) { return columns.*purpose.column == column; });
}

std::string find_usual_column(const CsvTable& table, std::string_view purpose, const CsvColumns& taken,
                              const std::map<std::string, Split>& split_names) {
  for (const std::string_view usual : usual_names().at(purpose)) {
    for (const std::string& column : table.columns) {
      if (plain_name(column) != usual || is_used(column, taken)) continue;
      if (purpose != "split" || usual == "split" || are_splits(table, column, split_names)) return column;
    }
  }
  return {};
}

constexpr std::array<std::string_view, 8> kPartWords = {"part",  "pt",    "seg",  "segment",
                                                        "chunk", "piece", "clip", "slice"};

std::string_view without_gap(std::string_view text) {
  while (!text.empty() &&
         (std::ispunct(static_cast<unsigned char>(text.back())) != 0 || text.back() == ' ') &&
         text.back() != '/')
    text.remove_suffix(1);
  return text;
}

// "walk_part03" -> "walk"; "walk_03" -> "walk"; "REC0012" -> "": a recorder counts so.
std::string prefix_of_parts(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  const std::string stem = dot != std::string::npos && path[dot] == '.' ? path.substr(0, dot) : path;
  std::string_view rest = stem;
  while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.back())) != 0) rest.remove_suffix(1);
  if (rest.size() == stem.size()) return {};
  std::string_view prefix = without_gap(rest);
  bool divided = prefix.size() < rest.size();
  for (const std::string_view word : kPartWords) {
    const std::string folded = folded_name(prefix);
    if (!folded.ends_with(word)) continue;
    const std::string_view before = prefix.substr(0, prefix.size() - word.size());
    if (without_gap(before).size() == before.size()) continue;
    prefix = without_gap(before);
    divided = true;
  }
  return divided && !prefix.empty() && prefix.back() != '/' ? std::string(prefix) : std::string();
}

struct Parts {
  std::vector<std::string> files;
  std::set<std::string> labels;
};

std::string first_label(const SourceItem& item) {
  return item.given.empty() ? std::string() : item.given[0].label;
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// The files of each value of `key` that is not empty.
template <typename Key>
std::map<std::string, Parts> collect_parts(const Source& source, const Key& key) {
  std::map<std::string, Parts> parts;
  for (const SourceItem& item : source.items) {
    const std::string value = key(item);
    if (value.empty()) continue;
    parts[value].files.push_back(item.path);
    parts[value].labels.insert(first_label(item));
  }
  return parts;
}

// Names that only count the files of a label ("rain_1", "rain_2") have one prefix in that label, without a
// number of its own.
void drop_counted_labels(std::map<std::string, Parts>& parts) {
  std::map<std::string, std::int64_t> prefixes_of_label;
  for (const auto& [prefix, of] : parts) {
    for (const std::string& label : of.labels) ++prefixes_of_label[label];
  }
  std::erase_if(parts, [&](const auto& entry) {
    const auto alone = [&](const std::string& label) { return prefixes_of_label[label] == 1; };
    const std::string name = entry.first.substr(entry.first.rfind('/') + 1);
    const bool names_label =
        std::any_of(entry.second.labels.begin(), entry.second.labels.end(),
                    [&](const auto& label) { return plain_name(name) == plain_name(label); });
    return names_label ||
           (!has_digit(name) && std::all_of(entry.second.labels.begin(), entry.second.labels.end(), alone));
  });
}

std::string describe_parts(std::map<std::string, Parts> parts, std::string_view what,
                           std::size_t item_count) {
  std::erase_if(parts, [&](const auto& entry) {
    return entry.second.files.size() < 2 || entry.second.files.size() == item_count;
  });
  if (parts.empty()) return {};
  std::size_t count = 0;
  for (const auto& [value, of] : parts) count += of.files.size();
  const auto& [value, first] = *parts.begin();
  return concat(count, " files share ", what, " with others, as parts of one recording do (", first.files[0],
                " and ", first.files[1], ": '", value, "')");
}

}  // namespace

std::vector<ColumnPurpose> column_purposes() {
  return {
      {"path", &CsvColumns::path},     {"label", &CsvColumns::label},     {"group", &CsvColumns::group},
      {"split", &CsvColumns::split},   {"licence", &CsvColumns::licence}, {"author", &CsvColumns::author},
      {"source", &CsvColumns::source}, {"onset", &CsvColumns::onset},     {"offset", &CsvColumns::offset}};
}

CsvColumns find_usual_columns(const CsvTable& table, CsvColumns columns,
                              const std::map<std::string, Split>& split_names) {
  const CsvColumns given = columns;
  for (const ColumnPurpose& purpose : column_purposes()) {
    std::string& column = columns.*purpose.column;
    if (column.empty()) column = find_usual_column(table, purpose.name, columns, split_names);
    if (column == kNoColumn) column.clear();
  }
  if (given.onset.empty() && given.offset.empty() && columns.onset.empty() != columns.offset.empty())
    columns.onset = columns.offset = "";
  return columns;
}

void check_names_files(const CsvTable& table, const CsvColumns& columns) {
  if (!columns.path.empty()) return;
  throw Error(concat(table.name, ":1: no column of a usual name says where the files are",
                     table.known_columns(),
                     "; name it: path_column in pupil.toml, or --csv FILE --path-column NAME"));
}

std::string describe_columns(const CsvTable& table, const CsvColumns& columns) {
  std::string text;
  for (const ColumnPurpose& purpose : column_purposes()) {
    const std::string& column = columns.*purpose.column;
    if (!column.empty()) text += concat(text.empty() ? "" : ", ", purpose.name, " from '", column, "'");
  }
  std::string unused;
  for (const std::string& column : table.columns) {
    if (!is_used(column, columns)) unused += concat(unused.empty() ? "" : ", ", column);
  }
  return unused.empty() ? text : concat(text, "; not used: ", unused);
}

void warn_of_parts(Source& source) {
  const bool grouped = std::any_of(source.items.begin(), source.items.end(),
                                   [](const SourceItem& item) { return !item.recording.empty(); });
  if (grouped) return;
  const auto address = [](const SourceItem& item) {
    return has_digit(item.attribution_url) || item.attribution_url.find("://") != std::string::npos
               ? item.attribution_url
               : std::string();
  };
  std::string found = describe_parts(collect_parts(source, address), "an address", source.items.size());
  if (found.empty()) {
    auto parts = collect_parts(source, [](const SourceItem& item) { return prefix_of_parts(item.path); });
    drop_counted_labels(parts);
    found = describe_parts(std::move(parts), "the beginning of their names", source.items.size());
  }
  if (found.empty()) return;
  source.warnings.push_back(concat(source.name, ": nothing says which recording a file was cut from, and ",
                                   found,
                                   "; parts of one recording in train and in test make the figures too good: "
                                   "name the recordings in a column "
                                   "of an index (group_column)"));
}

}  // namespace pupil::corpus
