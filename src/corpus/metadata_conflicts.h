// SPDX-License-Identifier: Apache-2.0
// Where files of the same take contradict each other: found in what the catalogue keeps of duplicates.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Two files of one clip whose sources say different things. Splits are in list_split_conflicts().
struct MetadataConflict {
  enum class Field { label, group, licence, author };
  Field field = Field::label;
  std::string first_file;  ///< path within its source; with the source in front where the two sources differ
  std::string first_value;
  std::string second_file;
  std::string second_value;
};

/// The class that a given label means, -1 where it means none: labels of the same class do not contradict.
using ClassOfLabel = std::function<std::int32_t(const std::string& label)>;

/// All contradictions, by clip. Labels contradict where neither file's labels contain the other's; labels
/// with onsets on both sides add up.
std::vector<MetadataConflict> list_metadata_conflicts(Catalogue& catalogue,
                                                      const ClassOfLabel& class_of = {});

/// How a file of `source` is named beside one of `other_source`.
std::string file_name_beside(const std::string& source, const std::string& path,
                             const std::string& other_source);

}  // namespace pupil::corpus
