// SPDX-License-Identifier: Apache-2.0
// Real folders first, links to folders afterwards, in the order of their names: so what a link leads to
// inside of the tree has been read under its own name by then, and a link back into it ends there. A folder
// is known by device and inode.

#include "corpus/folder_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

// Found among recordings and plainly none. Everything else is tried: a recording must not be missed
// for its name.
const std::set<std::string_view> kOtherExtensions = {
    ".7z",  ".asd", ".bib",  ".bz2",  ".c",    ".cfg",     ".cpp",  ".csv",    ".db",       ".doc",  ".docx",
    ".gif", ".gz",  ".h",    ".html", ".ini",  ".ipynb",   ".jpeg", ".jpg",    ".js",       ".json", ".jsonl",
    ".lab", ".log", ".md",   ".npy",  ".npz",  ".parquet", ".pdf",  ".pickle", ".pkl",      ".png",  ".ps1",
    ".pt",  ".py",  ".rar",  ".rst",  ".sh",   ".sql",     ".svg",  ".tar",    ".textgrid", ".toml", ".tsv",
    ".txt", ".url", ".webp", ".xls",  ".xlsx", ".xml",     ".yaml", ".yml",    ".zip"};

const std::set<std::string_view> kOtherNames = {"LICENSE", "LICENCE",  "README",
                                                "COPYING", "Makefile", "Thumbs.db"};

bool may_be_audio(const fs::path& path) {
  const std::string extension = lower_case(path.extension().string());
  return !kOtherExtensions.contains(extension) && !kOtherNames.contains(path.filename().string());
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

class Walk {
 public:
  explicit Walk(const fs::path& folder) : folder_(folder) {}

  FolderListing run() {
    struct stat status {};
    if (stat(folder_.c_str(), &status) != 0)
      throw Error(concat(folder_.string(), ": ", std::strerror(errno)));
    visited_.insert({status.st_dev, status.st_ino});
    if (const auto problem = list(folder_))
      throw Error(concat(folder_.string(), ": cannot list: ", *problem));
    while (!folders_.empty() || !links_.empty()) {
      auto& next = folders_.empty() ? links_ : folders_;
      const fs::path folder = next.front();
      next.pop_front();
      visit(folder);
    }
    std::sort(listing_.paths.begin(), listing_.paths.end());
    for (const auto& [kind, passed] : passed_) {
      listing_.warnings.push_back(concat(folder_.string(), ": ", passed.count,
                                         passed.count == 1 ? " entry" : " entries", " passed over: ", kind,
                                         " (", passed.example, passed.count == 1 ? ")" : ", ...)"));
    }
    return std::move(listing_);
  }

 private:
  struct Passed {
    std::int64_t count = 0;
    std::string example;
  };

  void visit(const fs::path& folder) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) return pass(folder, std::strerror(errno));
    if (!visited_.insert({status.st_dev, status.st_ino}).second)
      return pass(folder, "a link to a folder that is read already");
    if (const auto problem = list(folder)) pass(folder, "cannot be listed: " + *problem);
  }

  // The system's reason where it cannot be listed.
  std::optional<std::string> list(const fs::path& folder) {
    std::error_code code;
    for (const fs::path& entry : folder_entries(folder, &code)) {
      if (!entry.filename().string().starts_with('.')) take(entry);
    }
    return code ? std::optional(code.message()) : std::nullopt;
  }

  void take(const fs::path& entry) {
    struct stat status {};
    struct stat own {};
    if (lstat(entry.c_str(), &own) != 0) return pass(entry, std::strerror(errno));
    const bool link = S_ISLNK(own.st_mode);
    if (stat(entry.c_str(), &status) != 0)
      return pass(entry, link ? "a link that leads nowhere" : std::strerror(errno));
    if (S_ISDIR(status.st_mode)) return (link ? links_ : folders_).push_back(entry);
    if (!S_ISREG(status.st_mode)) return pass(entry, concat(kind_of(status.st_mode), ", not a file"));
    if (!may_be_audio(entry)) {
      ++listing_.other_count;
      return;
    }
    listing_.paths.push_back(entry.lexically_relative(folder_).generic_string());
  }

  void pass(const fs::path& entry, const std::string& kind) {
    Passed& passed = passed_[kind];
    if (passed.count++ == 0) passed.example = entry.lexically_relative(folder_).generic_string();
  }

  const fs::path folder_;
  FolderListing listing_;
  std::deque<fs::path> folders_;  // to be visited
  std::deque<fs::path> links_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  std::map<std::string, Passed> passed_;  // by kind
};

void find_below(const fs::path& folder, const std::string& name, int depth, std::vector<fs::path>& found) {
  std::error_code ignored;
  for (const fs::path& entry : folder_entries(folder, &ignored)) {
    if (entry.filename().string().starts_with('.')) continue;
    if (entry.filename() == name && fs::is_regular_file(entry, ignored)) found.push_back(entry);
    if (depth > 0 && !fs::is_symlink(entry, ignored) && fs::is_directory(entry, ignored))
      find_below(entry, name, depth - 1, found);
  }
}

}  // namespace

FolderListing list_folder(const fs::path& folder) {
  return Walk(folder).run();
}

std::vector<fs::path> find_files(const fs::path& folder, const std::string& name, int depth) {
  std::vector<fs::path> found;
  find_below(folder, name, depth, found);
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::string> file_problem(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return std::strerror(errno);
  if (S_ISREG(status.st_mode)) return std::nullopt;
  return concat(kind_of(status.st_mode), ", not a file");
}

}  // namespace pupil::corpus
