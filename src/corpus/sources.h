// Sources: where clips come from. Each reader turns a folder or index into a plain list of items; nothing is
// decoded.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "corpus/clips.h"

namespace pupil::corpus {

/// A file to collect and what its source says of it.
struct SourceItem {
  std::string path;            ///< within the source, with '/'; the item's name in the catalogue
  std::filesystem::path file;  ///< where it lies
  std::string recording;       ///< group; empty: the clip is a recording of its own
  std::optional<Split> split;  ///< given by the source
  std::string author;
  std::string licence;
  std::string attribution_url;
  std::vector<Truth> truth;
};

/// Items of one source, in the order in which they are collected.
struct Source {
  std::string name;  ///< absolute path of the folder or index; the source's name in the catalogue
  std::string kind;  ///< "folder", "class folders", "esc50", "audiofolder", "csv"
  std::vector<SourceItem> items;
  std::vector<std::string> remarks;  ///< one line each: what a person should know ("3 rows name no file")
};

/// Which columns of a CSV say what. An empty name: the index has none. Rows that name the same file are one
/// clip with several labels.
struct CsvColumns {
  std::string path = "path";  ///< relative to the CSV file's folder, or to SourceOptions::audio_root
  std::string label;
  std::string group;
  std::string split;
  std::string licence;
  std::string author;
  std::string source;  ///< where it was published
  std::string onset;   ///< of the label, seconds
  std::string offset;
};

struct SourceOptions {
  /// A given licence or author for items that name none.
  std::string licence;
  std::string author;

  /// Values of a split or fold column to splits, beside train/val/test and their synonyms: {"1", train},
  /// {"4", test}. ESC-50's folds without a mapping: 1-3 train (fold 3 val where `esc50_val_fold` is 3), 4 and
  /// 5 test.
  std::map<std::string, Split> split_names;

  /// Splits a label cell holding several labels ("bark;growl"); empty: a cell is one label.
  std::string label_separator;

  /// Folder that a CSV's paths start from; empty: the CSV file's own.
  std::filesystem::path audio_root;
};

/// Reads `location`, whatever it is: a folder with ESC-50's csv (`esc50.csv` or `meta/esc50.csv` and
/// `audio/`), with a metadata.csv (AudioFolder), with one folder per class (all audio files lie in
/// sub-folders of the first level), or any folder; or a CSV file of one of those kinds. Error: it does not
/// exist, holds no audio file, or its index is faulty.
Source read_source(const std::filesystem::path& location, const SourceOptions& options = {});

/// Reads any CSV by its columns. Error: as read_csv(), a named column is missing, an unknown split value, a
/// bad number.
Source read_csv_source(const std::filesystem::path& csv, const CsvColumns& columns,
                       const SourceOptions& options = {});

}  // namespace pupil::corpus
