// SPDX-License-Identifier: Apache-2.0
// All indexes are read by RowReader; ESC-50 and AudioFolder are names of columns and defaults for it.
//
// 1. A file may have many rows, one per label or event: they become one item. Licence, author and origin are
//    the first row's; another group or split in a later row is an error, since it could put one take into two
//    splits.
// 2. An item's path is relative to the source and normalised: it names the file in the catalogue, wherever
//    the folder is today. `file` is what is opened.
// 3. Errors name the file and the line, which is not the row: cells may contain line breaks
//    (CsvTable::lines).

#include "corpus/csv_sources.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "corpus/folder_listing.h"
#include "corpus/index_columns.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEsc50Licence = "CC BY-NC 3.0";
constexpr const char* kMetadata = "metadata.csv";

// Column numbers of CsvColumns; none where the index has no such column.
struct ColumnNumbers {
  std::size_t path = 0;
  std::optional<std::size_t> label, group, split, licence, author, source, onset, offset;
};

ColumnNumbers find_columns(const CsvTable& table, const CsvColumns& columns) {
  check_names_files(table, columns);
  const auto number = [&](const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(table.column(name));
  };
  ColumnNumbers numbers;
  numbers.path = table.column(columns.path);
  numbers.label = number(columns.label);
  numbers.group = number(columns.group);
  numbers.split = number(columns.split);
  numbers.licence = number(columns.licence);
  numbers.author = number(columns.author);
  numbers.source = number(columns.source);
  numbers.onset = number(columns.onset);
  numbers.offset = number(columns.offset);
  if (numbers.onset.has_value() != numbers.offset.has_value()) {
    throw Error(table.name + ": an onset column needs an offset column and the other way round");
  }
  return numbers;
}

// Turns the rows of one index into items; rows of the same file become one item with several labels.
class RowReader {
 public:
  RowReader(const CsvTable& table, const ColumnNumbers& columns, const SourceOptions& options, fs::path root,
            std::string prefix, std::optional<Split> split)
      : table_(table),
        columns_(columns),
        options_(options),
        root_(std::move(root)),
        prefix_(std::move(prefix)),
        split_(split) {}

  void read(Source& source) {
    for (std::size_t row = 0; row < table_.rows.size(); ++row) read_row(row, source);
  }

 private:
  [[noreturn]] void fail(std::size_t row, const std::string& message) const {
    throw Error(concat(table_.name, ":", table_.lines[row], ": ", message));
  }

  std::string cell(std::size_t row, std::optional<std::size_t> column) const {
    return column ? table_.rows[row][*column] : std::string();
  }

  void read_row(std::size_t row, Source& source) {
    const std::string name = cell(row, columns_.path);
    if (name.empty()) fail(row, "names no file");
    const fs::path relative = fs::path(name).lexically_normal();
    const std::string path = (fs::path(prefix_) / relative).lexically_normal().generic_string();
    const auto [known, added] = index_of_path_.try_emplace(path, source.items.size());
    if (added) {
      SourceItem& item = source.items.emplace_back();
      item.path = path;
      item.file = root_ / relative;
      fill(row, item);
    }
    SourceItem& item = source.items[known->second];
    if (!added) check_same(row, item);
    add_labels(row, item);
  }

  void fill(std::size_t row, SourceItem& item) const {
    item.recording = cell(row, columns_.group);
    item.split = read_split(row);
    item.licence = cell(row, columns_.licence);
    if (item.licence.empty()) item.licence = options_.licence;
    item.author = cell(row, columns_.author);
    if (item.author.empty()) item.author = options_.author;
    item.attribution_url = cell(row, columns_.source);
  }

  void check_same(std::size_t row, const SourceItem& item) const {
    if (cell(row, columns_.group) != item.recording || read_split(row) != item.split) {
      fail(row, "'" + item.path + "' is named again with another group or split");
    }
  }

  std::optional<Split> read_split(std::size_t row) const {
    const std::string value = cell(row, columns_.split);
    if (value.empty()) return split_;
    if (const auto named = options_.split_names.find(value); named != options_.split_names.end())
      return named->second;
    if (const auto split = parse_split(value)) return split;
    fail(row, "split '" + value + "' is none of train, val, test, and nothing says what it stands for");
  }

  void add_labels(std::size_t row, SourceItem& item) const {
    const std::string text = cell(row, columns_.label);
    GivenLabel given;
    given.onset_s = read_seconds(row, columns_.onset);
    given.offset_s = read_seconds(row, columns_.offset);
    if (given.onset_s.has_value() != given.offset_s.has_value())
      fail(row, "an onset without an offset, or the other way round");
    if (given.onset_s && *given.offset_s < *given.onset_s) fail(row, "the offset lies before the onset");
    for (std::size_t begin = 0; begin <= text.size();) {
      std::size_t end =
          options_.label_separator.empty() ? text.size() : text.find(options_.label_separator, begin);
      end = std::min(end, text.size());
      given.label = text.substr(begin, end - begin);
      const bool known = std::find(item.given.begin(), item.given.end(), given) != item.given.end();
      if (!given.label.empty() && !known) item.given.push_back(given);
      begin = end + std::max<std::size_t>(1, options_.label_separator.size());
    }
  }

  std::optional<double> read_seconds(std::size_t row, std::optional<std::size_t> column) const {
    std::string text = cell(row, column);
    if (text.empty()) return std::nullopt;
    // Spreadsheets that write a decimal comma divide cells by semicolons or tabs.
    if (table_.separator != ',') std::replace(text.begin(), text.end(), ',', '.');
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0) {
      fail(row, "'" + text + "' is no time in seconds");
    }
    return value;
  }

  const CsvTable& table_;
  const ColumnNumbers& columns_;
  const SourceOptions& options_;
  const fs::path root_;
  const std::string prefix_;  // of the items' paths
  const std::optional<Split> split_;
  std::unordered_map<std::string, std::size_t> index_of_path_;
};

void read_rows(const CsvTable& table, const CsvColumns& columns, const SourceOptions& options,
               const fs::path& root, const std::string& prefix, std::optional<Split> split, Source& source) {
  const CsvColumns found = find_usual_columns(table, columns, options.split_names);
  const ColumnNumbers numbers = find_columns(table, found);
  source.remarks.push_back(concat(table.name, ": ", describe_columns(table, found)));
  RowReader(table, numbers, options, root, prefix, split).read(source);
}

// Whether a metadata.csv is AudioFolder's; others of that name lie about.
bool names_files(const fs::path& metadata) {
  return read_csv(metadata).find_column("file_name").has_value();
}

// Audio in the folder that no row names is not collected; a person may not know.
void warn_of_unnamed(const fs::path& folder, Source& source) {
  const FolderListing listing = list_folder(folder);
  source.warnings.insert(source.warnings.end(), listing.warnings.begin(), listing.warnings.end());
  std::set<std::string> named;
  for (const SourceItem& item : source.items) named.insert(item.file.lexically_normal().string());
  std::int64_t count = 0;
  std::string example;
  for (const std::string& path : listing.paths) {
    if (!named.contains((folder / path).lexically_normal().string()) && count++ == 0) example = path;
  }
  if (count == 0) return;
  source.warnings.push_back(concat(folder.string(), ": ", count, count == 1 ? " file is" : " files are",
                                   " not named by the index and passed over (", example,
                                   count == 1 ? ")" : ", ...)"));
}

void check_not_empty(const Source& source) {
  if (source.items.empty()) throw Error(source.name + ": names no audio file");
}

// A metadata.csv in a folder `train` gives its rows that split.
std::optional<Split> split_of_folder(const fs::path& folder, const fs::path& root) {
  for (const auto& part : folder.lexically_relative(root)) {
    if (const auto split = parse_split(part.string())) return split;
  }
  return std::nullopt;
}

}  // namespace

bool is_esc50(const CsvTable& table) {
  return table.find_column("filename") && table.find_column("fold") && table.find_column("category") &&
         table.find_column("src_file");
}

fs::path find_esc50(const fs::path& folder) {
  for (const fs::path& csv : {folder / "esc50.csv", folder / "meta" / "esc50.csv"}) {
    if (fs::is_regular_file(csv)) return csv;
  }
  return {};
}

std::vector<fs::path> find_metadata(const fs::path& folder) {
  std::vector<fs::path> found = find_files(folder, kMetadata, 2);
  std::erase_if(found, [](const fs::path& file) { return !names_files(file); });
  return found;
}

void warn_of_other_metadata(const fs::path& folder, Source& source) {
  for (const fs::path& file : find_files(folder, kMetadata, 2)) {
    if (names_files(file)) continue;
    source.warnings.push_back(file.string() +
                              ": no column 'file_name', so it is no index of an AudioFolder; passed over");
  }
}

Source read_esc50(const fs::path& csv, const fs::path& folder, const SourceOptions& options) {
  if (csv.empty()) throw Error(folder.string() + ": no esc50.csv and no meta/esc50.csv");
  const CsvTable table = read_csv(csv);
  CsvColumns columns;
  columns.path = "filename";
  columns.label = "category";
  columns.group = "src_file";
  columns.split = "fold";
  SourceOptions own = options;
  own.split_names.insert({{"1", Split::train},
                          {"2", Split::train},
                          {"3", Split::train},
                          {"4", Split::test},
                          {"5", Split::test}});
  if (own.licence.empty()) own.licence = kEsc50Licence;
  Source source{csv.string(), "esc50", {}, {}, {}};
  const fs::path root = fs::is_directory(folder / "audio") ? folder / "audio" : folder;
  read_rows(table, columns, own, root, "", std::nullopt, source);
  check_not_empty(source);
  warn_of_unnamed(root, source);
  return source;
}

Source read_audiofolder(const fs::path& folder, const SourceOptions& options) {
  Source source{folder.string(), "audiofolder", {}, {}, {}};
  const auto indexes = find_metadata(folder);
  if (indexes.empty()) throw Error(folder.string() + ": no metadata.csv with a column file_name");
  for (const fs::path& index : indexes) {
    const CsvTable table = read_csv(index);
    const fs::path root = index.parent_path();
    const std::string prefix = root == folder ? "" : root.lexically_relative(folder).generic_string();
    read_rows(table, {.path = "file_name"}, options, root, prefix, split_of_folder(root, folder), source);
  }
  check_not_empty(source);
  warn_of_unnamed(folder, source);
  warn_of_other_metadata(folder, source);
  return source;
}

Source read_known_csv(const fs::path& csv, const SourceOptions& options) {
  const CsvTable table = read_csv(csv);
  const fs::path folder = csv.parent_path();
  if (is_esc50(table))
    return read_esc50(csv, folder.filename() == "meta" ? folder.parent_path() : folder, options);
  Source source{csv.string(), table.find_column("file_name") ? "audiofolder" : "csv", {}, {}, {}};
  read_rows(table, {}, options, folder, "", std::nullopt, source);
  check_not_empty(source);
  return source;
}

Source read_csv_source(const fs::path& csv, const CsvColumns& columns, const SourceOptions& options) {
  if (!fs::exists(csv)) throw Error(csv.string() + ": no such file");
  const fs::path place = fs::canonical(csv);
  const CsvTable table = read_csv(place);
  if (columns == CsvColumns{} && options.audio_root.empty() && is_esc50(table))
    return read_known_csv(place, options);
  Source source{place.string(), "csv", {}, {}, {}};
  const fs::path root = options.audio_root.empty() ? place.parent_path() : fs::absolute(options.audio_root);
  read_rows(table, columns, options, root, "", std::nullopt, source);
  check_not_empty(source);
  warn_of_parts(source);
  return source;
}

}  // namespace pupil::corpus
