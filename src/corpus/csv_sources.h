// SPDX-License-Identifier: Apache-2.0
// Sources that come with an index: ESC-50, AudioFolder, any CSV. Used by sources.cpp.

#pragma once

#include <filesystem>
#include <vector>

#include "corpus/sources.h"

namespace pupil::corpus {

/// `folder`/esc50.csv or `folder`/meta/esc50.csv; empty when neither is there.
std::filesystem::path find_esc50(const std::filesystem::path& folder);

/// Those metadata.csv of `folder` and of its sub-folders of the first two levels that have a column
/// file_name, sorted.
std::vector<std::filesystem::path> find_metadata(const std::filesystem::path& folder);

/// Says which metadata.csv were passed over, since they have no such column.
void warn_of_other_metadata(const std::filesystem::path& folder, Source& source);

/// group = src_file, split by fold, label = category.
Source read_esc50(const std::filesystem::path& csv, const std::filesystem::path& folder,
                  const SourceOptions& options);

/// Columns by their usual names (index_columns.h).
Source read_audiofolder(const std::filesystem::path& folder, const SourceOptions& options);

/// A CSV file of ESC-50's kind or whose columns have usual names. Error: none says where the files are; the message says
/// how to name columns.
Source read_known_csv(const std::filesystem::path& csv, const SourceOptions& options);

}  // namespace pupil::corpus
