// SPDX-License-Identifier: Apache-2.0
#include "corpus/metadata_conflicts.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "corpus/clip_metadata.h"
#include "corpus/database.h"

namespace pupil::corpus {
namespace {

using Field = MetadataConflict::Field;

// One file of a clip and what its source says.
struct File {
  std::string source;
  std::string path;
  ClipMetadata metadata;
};

std::string label_names(const ClipMetadata& metadata) {
  std::set<std::string> names;
  for (const GivenLabel& given : metadata.given) names.insert(given.label);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Classes by number, words that mean none by themselves.
std::set<std::string> meanings(const ClipMetadata& metadata, const ClassOfLabel& class_of) {
  std::set<std::string> all;
  for (const GivenLabel& given : metadata.given) {
    const std::int32_t index = class_of ? class_of(given.label) : -1;
    all.insert(index >= 0 ? concat("\n", index) : given.label);
  }
  return all;
}

bool has_onsets(const ClipMetadata& metadata) {
  return std::all_of(metadata.given.begin(), metadata.given.end(),
                     [](const GivenLabel& given) { return given.onset_s.has_value(); });
}

bool labels_contradict(const ClipMetadata& a, const ClipMetadata& b, const ClassOfLabel& class_of) {
  if (has_onsets(a) && has_onsets(b)) return false;
  const auto of_a = meanings(a, class_of);
  const auto of_b = meanings(b, class_of);
  return !std::includes(of_a.begin(), of_a.end(), of_b.begin(), of_b.end()) &&
         !std::includes(of_b.begin(), of_b.end(), of_a.begin(), of_a.end());
}

class Comparison {
 public:
  explicit Comparison(const ClassOfLabel& class_of) : class_of_(class_of) {}

  void begin_clip(const File& own) {
    for (std::optional<File>& first : first_) first.reset();
    add(own);
  }

  void add(const File& file) {
    for (const Field field : {Field::label, Field::group, Field::licence, Field::author}) add(file, field);
  }

  std::vector<MetadataConflict> take() { return std::move(conflicts_); }

 private:
  static std::string value(const ClipMetadata& metadata, Field field) {
    switch (field) {
      case Field::label: return label_names(metadata);
      case Field::group: return metadata.recording;
      case Field::licence: return metadata.licence;
      case Field::author: return metadata.author;
    }
    return {};
  }

  // Every file is compared with the first of its clip that says anything.
  void add(const File& file, Field field) {
    const std::string second = value(file.metadata, field);
    if (second.empty()) return;
    std::optional<File>& first = first_[static_cast<std::size_t>(field)];
    if (!first) {
      first = file;
      return;
    }
    const std::string before = value(first->metadata, field);
    const bool differ = field == Field::label ? labels_contradict(first->metadata, file.metadata, class_of_)
                                              : before != second;
    if (!differ) return;
    conflicts_.push_back({field, file_name_beside(first->source, first->path, file.source), before,
                          file_name_beside(file.source, file.path, first->source), second});
  }

  const ClassOfLabel& class_of_;
  std::optional<File> first_[4];  // by Field
  std::vector<MetadataConflict> conflicts_;
};

}  // namespace

std::string file_name_beside(const std::string& source, const std::string& path,
                             const std::string& other_source) {
  return source == other_source ? path : concat(source, ": ", path);
}

std::vector<MetadataConflict> list_metadata_conflicts(Catalogue& catalogue, const ClassOfLabel& class_of) {
  auto query = catalogue.database().query(
      "SELECT c.id, cs.name, c.path, c.metadata, s.name, a.path, a.metadata FROM set_aside a"
      " JOIN clips c ON c.id = a.other_clip_id JOIN sources cs ON cs.id = c.source_id"
      " JOIN sources s ON s.id = a.source_id WHERE a.metadata <> '' ORDER BY c.id, a.source_id, a.path");
  Comparison comparison(class_of);
  std::int64_t clip_id = 0;
  while (query.step()) {
    if (query.integer(0) != clip_id) {
      clip_id = query.integer(0);
      comparison.begin_clip({query.text(1), query.text(2), parse_metadata(query.text(3))});
    }
    comparison.add({query.text(4), query.text(5), parse_metadata(query.text(6))});
  }
  return comparison.take();
}

}  // namespace pupil::corpus
