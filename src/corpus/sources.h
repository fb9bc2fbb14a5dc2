// SPDX-License-Identifier: Apache-2.0
// Sources: where clips come from. Each reader turns a folder or index into a plain list of items; nothing is
// decoded.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "corpus/clip_metadata.h"
#include "corpus/csv.h"

namespace pupil::corpus {

/// A file to collect and what its source says of it.
struct SourceItem : ClipMetadata {
  std::string path;            ///< within the source, with '/'; the item's name in the catalogue
  std::filesystem::path file;  ///< where it lies
};

/// What a person said of a stretch of an item, where the source knows that.
struct SourceReview {
  std::string path;  ///< of the item
  double start_s = 0;
  double length_s = 0;
  std::string label;  ///< empty: none of the classes
  std::string reviewer;
  std::string note;
};

/// Items of one source, in the order in which they are collected.
struct Source {
  std::string name;  ///< absolute path of the folder or index; the source's name in the catalogue
  std::string kind;  ///< "folder", "class folders", "esc50", "audiofolder", "csv", "device", "submissions"
  std::vector<SourceItem> items;
  std::vector<std::string> remarks;  ///< one line each: what a person may want to know
  std::vector<std::string>
      warnings;  ///< one line each: what was passed over, or has no label, against expectation
  std::vector<SourceReview> reviews;  ///< put into the catalogue when the items are (device_source.h)
};

/// Name of a column that is not to be looked for.
inline constexpr std::string_view kNoColumn = "-";

/// Which columns of a CSV say what. An empty name: whichever has a usual name for that purpose, if any
/// (index_columns.h). Rows that name the same file are one clip with several labels.
struct CsvColumns {
  std::string path;  ///< relative to the CSV file's folder, or to SourceOptions::audio_root
  std::string label;
  std::string group;
  std::string split;
  std::string licence;
  std::string author;
  std::string source;  ///< where it was published
  std::string onset;   ///< of the label, seconds
  std::string offset;
  bool operator==(const CsvColumns&) const = default;
};

enum class Layout { automatic, plain, class_folders, esc50, audiofolder, device, submissions };

/// "auto", "plain", "classes", "esc50", "audiofolder", "device", "submissions". Error with the nearest word.
Layout parse_layout(std::string_view name);

struct SourceOptions {
  /// How a folder is read. `automatic` finds out; the others insist.
  Layout layout = Layout::automatic;

  /// A given licence or author for items that name none.
  std::string licence;
  std::string author;

  /// What a split or fold column's values stand for, beside train, val, test and their synonyms: {"5",
  /// Split::val}. ESC-50's folds: 1 to 3 train, 4 and 5 test, unless named here.
  std::map<std::string, Split> split_names;

  /// Splits a label cell holding several labels ("bark;growl"); empty: a cell is one label.
  std::string label_separator;

  /// Folder that a CSV's paths start from; empty: the CSV file's own.
  std::filesystem::path audio_root;
};

/// Reads `location`, whatever it is: a folder with ESC-50's csv (`esc50.csv` or `meta/esc50.csv`, audio in
/// `audio/`), the home of `pupil listen`, what `pupil submit-page` received, with a metadata.csv (AudioFolder; also one per split folder), with one folder per class (these
/// may lie in folders train, val, test; files beside them have no label), or any folder; an index whose columns
/// have usual names; or one audio file. Of folders every regular file counts as audio that is not
/// plainly something else by its name (text, pictures, archives). Error: it does not exist, holds no audio
/// file, or its index is faulty.
Source read_source(const std::filesystem::path& location, const SourceOptions& options = {});

/// Whether a file is an index by its name: .csv or .tsv, in any case.
bool is_index(const std::filesystem::path& file);

/// Whether an index is ESC-50's by its columns.
bool is_esc50(const CsvTable& table);

/// Reads any CSV by its columns; where none is named, ESC-50's in its own way. A row whose file is missing is an item all the same; collect sets it aside.
/// Error: as read_csv(), a named column is missing, none says where files are, an unknown split value, a bad number.
Source read_csv_source(const std::filesystem::path& csv, const CsvColumns& columns,
                       const SourceOptions& options = {});

}  // namespace pupil::corpus
