// SPDX-License-Identifier: Apache-2.0
// What the columns of an index are for, found by their usual names. Used by csv_sources.cpp and `pupil init`.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/csv.h"
#include "corpus/sources.h"

namespace pupil::corpus {

/// One purpose of a column: "group" is CsvColumns::group, the key group_column of pupil.toml.
struct ColumnPurpose {
  std::string_view name;
  std::string CsvColumns::*column = nullptr;
};

/// All purposes, in the order of CsvColumns.
std::vector<ColumnPurpose> column_purposes();

/// `columns` with the names that are empty filled in where `table` has a column of a usual name for that
/// purpose; upper and lower case are the same, and so are blanks, '-' and '_'. No column serves two purposes.
/// kNoColumn becomes empty. A column that is usual for splits in one data set only ("fold", "subset") counts
/// where `split_names` or parse_split() know all its values; onset and offset count together or not at all.
CsvColumns find_usual_columns(const CsvTable& table, CsvColumns columns,
                              const std::map<std::string, Split>& split_names = {});

/// Error: no column says where the files are; the message names those that are there.
void check_names_files(const CsvTable& table, const CsvColumns& columns);

/// "path from 'file_name', label from 'category'; not used: fold, take".
std::string describe_columns(const CsvTable& table, const CsvColumns& columns);

/// Adds a warning when no item says which recording it was cut from, but names of files (walk_01.wav,
/// walk_02.wav) or addresses (the same for several files) suggest that some are parts of one take. Numbers
/// behind a prefix that stands for a label ("rain_1.wav", "rain_2.wav") suggest nothing.
void warn_of_parts(Source& source);

}  // namespace pupil::corpus
