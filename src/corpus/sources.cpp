// SPDX-License-Identifier: Apache-2.0
// Finds out what a location is and lists its files; indexes are read in csv_sources.cpp.

#include "corpus/sources.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "corpus/csv_sources.h"
#include "corpus/device_source.h"
#include "corpus/folder_listing.h"
#include "corpus/index_columns.h"
#include "corpus/submissions.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kLayoutNames = {"auto",        "plain",  "classes",   "esc50",
                                                          "audiofolder", "device", kSubmissions};

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : fs::path(path)) parts.push_back(part.string());
  return parts;
}

using PathParts = std::vector<std::string>;  // of a path; the last is the file

// How the folders of a source are meant. Levels count from 0, the source's own folder holds those of level 0.
struct FolderMeaning {
  bool by_class = false;  ///< folders of `class_level` are classes
  bool by_split = false;  ///< folders of `split_level` are splits
  std::size_t split_level = 0;
  std::size_t class_level = 0;
  std::string wrapper;  ///< a folder that only holds the others; empty: there is none
};

bool has_folder(const PathParts& parts, std::size_t level) {
  return parts.size() >= level + 2;
}

// The names of the folders of a level.
std::set<std::string> folders_at(const std::vector<PathParts>& files, std::size_t level) {
  std::set<std::string> names;
  for (const PathParts& parts : files) {
    if (has_folder(parts, level)) names.insert(parts[level]);
  }
  return names;
}

// `level`, or a deeper one where all that has folders lies in a single one whose folders hold most of it: what an archive was
// unpacked into, whose name says nothing of its files. A single class stays one: no other folders part its files.
std::size_t below_wrappers(const std::vector<PathParts>& files, std::size_t level) {
  std::size_t inner = level;
  while (folders_at(files, inner).size() == 1 && !parse_split(*folders_at(files, inner).begin())) {
    const auto in_folder = [&](std::size_t at) {
      return std::count_if(files.begin(), files.end(),
                           [at](const PathParts& parts) { return has_folder(parts, at); });
    };
    if (2 * in_folder(inner + 1) <= in_folder(inner)) return level;
    ++inner;
    const auto names = folders_at(files, inner);
    const bool splits = std::all_of(names.begin(), names.end(),
                                    [](const auto& name) { return parse_split(name).has_value(); });
    if (names.size() > 1 || splits) return inner;
  }
  return level;
}

// Folders that hold any audio are classes, whatever else is in the folder: one stray file must not take all
// labels. Where most files lie in folders named train, val or test, those are the splits.
FolderMeaning meaning_of(const std::vector<std::string>& paths) {
  std::vector<PathParts> files;
  for (const std::string& path : paths) files.push_back(components(path));
  FolderMeaning meaning;
  meaning.split_level = below_wrappers(files, 0);
  if (meaning.split_level > 0) meaning.wrapper = *folders_at(files, 0).begin();
  std::int64_t in_folder_count = 0;
  std::vector<PathParts> in_split;
  for (const PathParts& parts : files) {
    if (!has_folder(parts, meaning.split_level)) continue;
    ++in_folder_count;
    if (parse_split(parts[meaning.split_level])) in_split.push_back(parts);
  }
  meaning.by_class = in_folder_count > 0;
  meaning.by_split = 2 * std::ssize(in_split) > in_folder_count;
  meaning.class_level =
      meaning.by_split ? below_wrappers(in_split, meaning.split_level + 1) : meaning.split_level;
  return meaning;
}

// The class and split that a file's folders give it.
void take_folders(const std::string& path, const FolderMeaning& meaning, SourceItem& item) {
  const PathParts parts = components(path);
  if (meaning.by_split && has_folder(parts, meaning.split_level))
    item.split = parse_split(parts[meaning.split_level]);
  const bool within = !meaning.by_split || item.split.has_value();
  if (meaning.by_class && within && has_folder(parts, meaning.class_level))
    item.given.push_back({parts[meaning.class_level], {}, {}});
}

void remark_wrapper(const fs::path& folder, const FolderMeaning& meaning, Source& source) {
  if (meaning.wrapper.empty()) return;
  source.remarks.push_back(
      concat(folder.string(), ": '", meaning.wrapper,
             "' only holds the other folders and is no class; if it is one, collect it on its own"));
}

void warn_of_unlabelled(const fs::path& folder, const FolderMeaning& meaning, Source& source) {
  std::int64_t count = 0;
  std::string example;
  for (const SourceItem& item : source.items) {
    if (item.given.empty() && count++ == 0) example = item.path;
  }
  if (count == 0) return;
  source.warnings.push_back(
      concat(folder.string(), ": ", count, count == 1 ? " file lies" : " files lie", " beside the ",
             meaning.by_split ? "folders of splits and classes" : "class folders", " and ",
             count == 1 ? "has" : "have", " no given label (", example, count == 1 ? ")" : ", ...)"));
}

Source read_folder(const fs::path& folder, const SourceOptions& options, bool with_classes) {
  const FolderListing listing = list_folder(folder);
  if (listing.paths.empty()) {
    throw Error(concat(folder.string(), ": holds no audio file",
                       listing.warnings.empty() ? "" : "; " + listing.warnings.front()));
  }
  const FolderMeaning meaning = with_classes ? meaning_of(listing.paths) : FolderMeaning{};
  Source source{folder.string(), meaning.by_class ? "class folders" : "folder", {}, {}, listing.warnings, {}};
  for (const std::string& path : listing.paths) {
    SourceItem& item = source.items.emplace_back();
    item.path = path;
    item.file = folder / path;
    item.licence = options.licence;
    item.author = options.author;
    take_folders(path, meaning, item);
  }
  if (meaning.by_class) warn_of_unlabelled(folder, meaning, source);
  remark_wrapper(folder, meaning, source);
  if (listing.other_count > 0) {
    source.remarks.push_back(concat(folder.string(), ": ", listing.other_count,
                                    " files passed over that are no audio by their name"));
  }
  return source;
}

Source read_file(const fs::path& file, const SourceOptions& options) {
  Source source{file.parent_path().string(), "folder", {}, {}, {}, {}};
  SourceItem& item = source.items.emplace_back();
  item.path = file.filename().string();
  item.file = file;
  item.licence = options.licence;
  item.author = options.author;
  return source;
}

Source read_any_folder(const fs::path& folder, const SourceOptions& options) {
  switch (options.layout) {
    case Layout::plain: return read_folder(folder, options, false);
    case Layout::class_folders: return read_folder(folder, options, true);
    case Layout::esc50: return read_esc50(find_esc50(folder), folder, options);
    case Layout::audiofolder: return read_audiofolder(folder, options);
    case Layout::device: return read_device_home(folder, options);
    case Layout::submissions: return read_submissions(folder);
    case Layout::automatic: break;
  }
  if (is_device_home(folder)) return read_device_home(folder, options);
  if (is_submission_folder(folder)) return read_submissions(folder);
  if (const auto csv = find_esc50(folder); !csv.empty()) return read_esc50(csv, folder, options);
  if (!find_metadata(folder).empty()) return read_audiofolder(folder, options);
  Source source = read_folder(folder, options, true);
  warn_of_other_metadata(folder, source);
  return source;
}

}  // namespace

Layout parse_layout(std::string_view name) {
  const auto found = std::find(kLayoutNames.begin(), kLayoutNames.end(), name);
  if (found != kLayoutNames.end()) return static_cast<Layout>(found - kLayoutNames.begin());
  throw UsageError(concat("unknown layout '", name, "'", did_you_mean(name, kLayoutNames)));
}

bool is_index(const fs::path& file) {
  const std::string extension = lower_case(file.extension().string());
  return extension == ".csv" || extension == ".tsv";
}

Source read_source(const fs::path& location, const SourceOptions& options) {
  if (!fs::exists(location)) throw Error(location.string() + ": no such file or folder");
  // The source's name in the catalogue must not depend on where the command was typed.
  const fs::path place = fs::canonical(location);
  if (!fs::is_directory(place) && !is_index(place)) return read_file(place, options);
  Source source = fs::is_directory(place) ? read_any_folder(place, options) : read_known_csv(place, options);
  warn_of_parts(source);
  return source;
}

}  // namespace pupil::corpus
