// SPDX-License-Identifier: Apache-2.0
// What a pretraining learns from: a CSV that names recordings, what is heard in them, and their licences.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pupil::pretrain {

/// Columns by name; an empty name: the CSV has none.
struct ManifestOptions {
  std::filesystem::path csv;
  /// What paths are relative to; empty: the CSV's folder.
  std::filesystem::path root;
  std::string path_column = "path";
  /// Whole captions, several in one field divided by '|'.
  std::string caption_column;
  /// A word that the phrase table (phrases.h) turns into captions: "bark", "crying_baby".
  std::string label_column;
  std::string licence_column = "licence";
  /// The licence of every row, where the CSV has no column for it: "CC BY 3.0".
  std::string licence;
  /// For measuring, where nothing is learned: every row, whatever its licence.
  bool any_licence = false;
  /// Only rows in which each of these columns has one of the values, "split=train", "fold=1|2|3".
  std::vector<std::string> where;
};

struct ManifestClip {
  std::filesystem::path file;
  std::vector<std::string> captions;
  std::string label;
  std::string licence;
  /// The stretch of the file that is meant; duration 0: the whole.
  double start_s = 0;
  double duration_s = 0;
};

struct Manifest {
  std::vector<ManifestClip> clips;
  /// Clips that may be learned from, by licence, and those refused, by reason: "non-commercial" -> 71.
  std::map<std::string, std::int64_t> licences;
  std::map<std::string, std::int64_t> refused;
  std::int64_t left_out = 0;  ///< Rows that `where` leaves out.
};

/// The manifests of a JSON file: a list of objects with the keys csv, root, path_column, caption_column, label_column,
/// licence_column, licence and where; csv and root are relative to `root`, or to the file's own folder when that is
/// empty. Error: not such a list, or an unknown key.
std::vector<ManifestOptions> read_manifest_list(const std::filesystem::path& json,
                                                const std::filesystem::path& root);

/// Only clips whose licence passes licence_refusal(). Error: no such file or column, neither captions nor labels,
/// no licences, or nothing left.
Manifest read_manifest(const ManifestOptions& options);

/// All of `files` together: CSVs, read by `columns` (its csv does not count), and JSON lists, relative to columns.root.
/// The log is told of each. Error: as read_manifest() and read_manifest_list().
Manifest read_manifests(std::span<const std::string> files, const ManifestOptions& columns);

/// "93 clips (CC0: 40, CC BY 3.0: 53); refused 71 non-commercial, 301 not stated".
std::string describe(const Manifest& manifest);

}  // namespace pupil::pretrain
