// SPDX-License-Identifier: Apache-2.0
// Finds out what a location is and lists its files; indexes are read in csv_sources.cpp.

#include "corpus/sources.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "corpus/csv_sources.h"
#include "corpus/folder_listing.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kLayoutNames = {"auto", "plain", "classes", "esc50", "audiofolder"};

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : fs::path(path)) parts.push_back(part.string());
  return parts;
}

// How the folders of a source are meant.
struct FolderMeaning {
  bool by_class =
      false;  ///< folders are classes: those of the first level, or of the second where that is splits
  bool by_split = false;  ///< folders of the first level are splits
};

// Folders that hold any audio are classes, whatever else is in the folder: one stray file must not take all
// labels. Where most files lie in folders named train, val or test, those are the splits.
FolderMeaning meaning_of(const std::vector<std::string>& paths) {
  std::int64_t in_folder_count = 0;
  std::int64_t in_split_count = 0;
  for (const std::string& path : paths) {
    const auto parts = components(path);
    if (parts.size() < 2) continue;
    ++in_folder_count;
    in_split_count += parse_split(parts[0]).has_value();
  }
  return {in_folder_count > 0, 2 * in_split_count > in_folder_count};
}

// The class and split that a file's folders give it.
void take_folders(const std::string& path, const FolderMeaning& meaning, SourceItem& item) {
  const auto parts = components(path);
  const std::size_t class_level = meaning.by_split ? 1 : 0;
  if (meaning.by_split && parts.size() >= 2) item.split = parse_split(parts[0]);
  const bool within = !meaning.by_split || item.split.has_value();
  if (meaning.by_class && within && parts.size() >= class_level + 2)
    item.truth.push_back({parts[class_level], {}, {}});
}

void warn_of_unlabelled(const fs::path& folder, const FolderMeaning& meaning, Source& source) {
  std::int64_t count = 0;
  std::string example;
  for (const SourceItem& item : source.items) {
    if (item.truth.empty() && count++ == 0) example = item.path;
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
  Source source{folder.string(), meaning.by_class ? "class folders" : "folder", {}, {}, listing.warnings};
  for (const std::string& path : listing.paths) {
    SourceItem& item = source.items.emplace_back();
    item.path = path;
    item.file = folder / path;
    item.licence = options.licence;
    item.author = options.author;
    take_folders(path, meaning, item);
  }
  if (meaning.by_class) warn_of_unlabelled(folder, meaning, source);
  if (listing.other_count > 0) {
    source.remarks.push_back(concat(folder.string(), ": ", listing.other_count,
                                    " files passed over that are no audio by their name"));
  }
  return source;
}

Source read_file(const fs::path& file, const SourceOptions& options) {
  Source source{file.parent_path().string(), "folder", {}, {}, {}};
  SourceItem& item = source.items.emplace_back();
  item.path = file.filename().string();
  item.file = file;
  item.licence = options.licence;
  item.author = options.author;
  return source;
}

Source read_any_folder(const fs::path& folder, const SourceOptions& options) {
  switch (options.layout) {
    case Layout::plain:
      return read_folder(folder, options, false);
    case Layout::class_folders:
      return read_folder(folder, options, true);
    case Layout::esc50:
      return read_esc50(find_esc50(folder), folder, options);
    case Layout::audiofolder:
      return read_audiofolder(folder, options);
    case Layout::automatic:
      break;
  }
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
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".csv" || extension == ".tsv";
}

Source read_source(const fs::path& location, const SourceOptions& options) {
  if (!fs::exists(location)) throw Error(location.string() + ": no such file or folder");
  // The source's name in the catalogue must not depend on where the command was typed.
  const fs::path place = fs::canonical(location);
  if (fs::is_directory(place)) return read_any_folder(place, options);
  return is_index(place) ? read_known_csv(place, options) : read_file(place, options);
}

}  // namespace pupil::corpus
