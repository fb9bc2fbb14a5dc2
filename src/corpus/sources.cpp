// Finds out what a location is and lists its files; indexes are read in csv_sources.cpp.

#include "corpus/sources.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "corpus/csv_sources.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

// What lies beside recordings and is plainly none. Everything else is tried: a recording must not be missed
// for its name.
const std::set<std::string_view> kOtherExtensions = {
    ".7z",  ".asd", ".bib",  ".bz2",  ".c",    ".cfg",     ".cpp",  ".csv",    ".db",       ".doc",  ".docx",
    ".gif", ".gz",  ".h",    ".html", ".ini",  ".ipynb",   ".jpeg", ".jpg",    ".js",       ".json", ".jsonl",
    ".lab", ".log", ".md",   ".npy",  ".npz",  ".parquet", ".pdf",  ".pickle", ".pkl",      ".png",  ".ps1",
    ".pt",  ".py",  ".rar",  ".rst",  ".sh",   ".sql",     ".svg",  ".tar",    ".textgrid", ".toml", ".tsv",
    ".txt", ".url", ".webp", ".xls",  ".xlsx", ".xml",     ".yaml", ".yml",    ".zip"};

const std::set<std::string_view> kOtherNames = {"LICENSE", "LICENCE",  "README",
                                                "COPYING", "Makefile", "Thumbs.db"};

constexpr std::array<std::string_view, 5> kLayoutNames = {"auto", "plain", "classes", "esc50", "audiofolder"};

bool may_be_audio(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string name = path.filename().string();
  return !name.starts_with('.') && !kOtherExtensions.contains(extension) && !kOtherNames.contains(name);
}

struct Listing {
  std::vector<std::string> paths;  // within the folder, sorted
  std::int64_t other_count = 0;
};

Listing list_files(const fs::path& folder) {
  Listing listing;
  try {
    const auto options = fs::directory_options::follow_directory_symlink;
    for (auto it = fs::recursive_directory_iterator(folder, options);
         it != fs::recursive_directory_iterator(); ++it) {
      const bool hidden = it->path().filename().string().starts_with('.');
      if (it->is_directory()) {
        if (hidden) it.disable_recursion_pending();
        continue;
      }
      if (!may_be_audio(it->path())) {
        listing.other_count += hidden ? 0 : 1;
        continue;
      }
      listing.paths.push_back(it->path().lexically_relative(folder).generic_string());
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(concat(error.path1().string(), ": cannot list: ", error.code().message()));
  }
  std::sort(listing.paths.begin(), listing.paths.end());
  return listing;
}

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : fs::path(path)) parts.push_back(part.string());
  return parts;
}

// Are all files in sub-folders? Then those of the first level are classes, or splits that hold the classes.
bool looks_like_class_folders(const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(),
                     [](const std::string& path) { return components(path).size() >= 2; });
}

bool looks_like_split_folders(const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    const auto parts = components(path);
    return parts.size() >= 3 && parse_split(parts[0]).has_value();
  });
}

Source read_folder(const fs::path& folder, const SourceOptions& options, bool by_class) {
  const Listing listing = list_files(folder);
  if (listing.paths.empty()) throw Error(folder.string() + ": holds no audio file");
  Source source{folder.string(), by_class ? "class folders" : "folder", {}, {}};
  const bool by_split = by_class && looks_like_split_folders(listing.paths);
  for (const std::string& path : listing.paths) {
    SourceItem& item = source.items.emplace_back();
    item.path = path;
    item.file = folder / path;
    item.licence = options.licence;
    item.author = options.author;
    const auto parts = components(path);
    if (by_split) item.split = parse_split(parts[0]);
    if (by_class && parts.size() >= 2) item.truth.push_back({parts[by_split ? 1 : 0], {}, {}});
  }
  if (listing.other_count > 0) {
    source.remarks.push_back(concat(folder.string(), ": ", listing.other_count,
                                    " files passed over that are no audio by their name"));
  }
  return source;
}

Source read_file(const fs::path& file, const SourceOptions& options) {
  Source source{file.parent_path().string(), "folder", {}, {}};
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
  return read_folder(folder, options, looks_like_class_folders(list_files(folder).paths));
}

}  // namespace

Layout parse_layout(std::string_view name) {
  const auto found = std::find(kLayoutNames.begin(), kLayoutNames.end(), name);
  if (found != kLayoutNames.end()) return static_cast<Layout>(found - kLayoutNames.begin());
  throw UsageError(concat("unknown layout '", name, "'", did_you_mean(name, kLayoutNames)));
}

Source read_source(const fs::path& location, const SourceOptions& options) {
  if (!fs::exists(location)) throw Error(location.string() + ": no such file or folder");
  // The source's name in the catalogue must not depend on where the command was typed.
  const fs::path place = fs::canonical(location);
  if (fs::is_directory(place)) return read_any_folder(place, options);
  if (place.extension() != ".csv") return read_file(place, options);
  return read_known_csv(place, options);
}

}  // namespace pupil::corpus
