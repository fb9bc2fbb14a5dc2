// SPDX-License-Identifier: Apache-2.0
#include "corpus/class_examples.h"

#include "base/error.h"
#include "base/text.h"
#include "corpus/collect_stage.h"
#include "corpus/folder_listing.h"

namespace pupil::corpus {
namespace fs = std::filesystem;
namespace {

// Every example is a recording of its own, and trains: a figure on test recordings must not know them.
Source read_examples(const Project& project, const SoundClass& sound) {
  const fs::path folder = example_folder(project, sound);
  Source source;
  source.name = example_source(project, sound);
  source.kind = "examples";
  for (const fs::path& file : list_examples(folder)) {
    SourceItem& item = source.items.emplace_back();
    item.path = file.lexically_relative(folder).generic_string();
    item.file = file;
    item.split = Split::train;
    item.given.push_back({sound.name, {}, {}});
  }
  return source;
}

}  // namespace

std::vector<fs::path> list_examples(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw Error(concat(folder.string(), ": no such folder of examples"));
  std::vector<fs::path> files;
  for (const std::string& path : list_folder(folder).paths) files.push_back(folder / path);
  if (files.size() < kLeastExamples)
    throw Error(concat(folder.string(), ": ", files.size(), files.size() == 1 ? " clip shows" : " clips show",
                       " a class badly; put ", kLeastExamples, " to ", kMostExamples, " there"));
  if (files.size() > kMostExamples)
    throw Error(concat(folder.string(), ": ", files.size(), " clips, and ", kMostExamples,
                       " examples at most; name the folder in a [[source]] table instead"));
  return files;
}

fs::path example_folder(const Project& project, const SoundClass& sound) {
  return project.dir / sound.examples;
}

std::string example_source(const Project& project, const SoundClass& sound) {
  const fs::path folder = fs::weakly_canonical(fs::absolute(example_folder(project, sound)));
  return (folder.has_filename() ? folder : folder.parent_path()).string();
}

std::vector<Source> read_project_sources(const Project& project) {
  std::vector<Source> sources = read_sources(project.sources, project.dir);
  for (const SoundClass& sound : project.named_classes()) {
    if (sound.examples.empty()) continue;
    sources.push_back(with_context(concat("examples of class '", sound.name, "'"),
                                   [&] { return read_examples(project, sound); }));
  }
  return sources;
}

}  // namespace pupil::corpus
