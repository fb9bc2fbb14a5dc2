// SPDX-License-Identifier: Apache-2.0
// Verdicts as the label files of other programs, out and in. docs/review.md has the forms. A row's label is a class,
// "none of these" or "not CLASS".

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/review_journal.h"

namespace pupil::review {

enum class ExchangeFormat { audacity, raven, csv };
std::optional<ExchangeFormat> parse_format(std::string_view name);

/// A label of a stretch of a recording's file.
struct LabelRow {
  std::string
      file;  ///< path or name of the clip's file, with its source's where two have that; empty: the form does not say (Audacity's)
  double start_s = 0;
  double end_s = 0;  ///< not before start_s
  std::string label;
  std::int64_t line = 0;  ///< in the file it was read from
  std::string reviewer;   ///< of csv; empty: not known
};

/// Reads any bytes. `name` stands in messages. Error: with its line, what is no such file: a time that is none, an end before
/// its begin, a column that is missing.
std::vector<LabelRow> read_labels(ExchangeFormat format, std::string_view text, const std::string& name);

/// The form that a text has: Raven's begins with "Selection", csv with a header that names a label, Audacity's with a number.
/// Error: none of them.
ExchangeFormat guess_format(std::string_view text, const std::string& name);

std::string write_labels(ExchangeFormat format, const std::vector<LabelRow>& rows);

/// Stretches of one file and label that touch become one.
std::vector<LabelRow> merged(std::vector<LabelRow> rows);

/// The present decisions of a project, by file and begin.
std::vector<LabelRow> present_labels(corpus::Catalogue& catalogue);

/// Writes them to `out`: csv and Raven's one file; of Audacity's, which cannot name a recording, one file for each in the folder
/// `out`. Returns the number of rows. DiskError.
std::int64_t export_labels(corpus::Catalogue& catalogue, ExchangeFormat format, bool merge,
                           const std::filesystem::path& out);

struct ImportOptions {
  std::string
      clip;  ///< the recording's file, where the form does not say and the file's own name does not either
  std::string reviewer;  ///< empty: the row's, else the file's name
};

struct ImportReport {
  std::int64_t rows = 0;
  std::int64_t windows = 0;         ///< verdicts put
  std::int64_t without_window = 0;  ///< rows that are over half of no window
};

/// Puts a verdict for each window of which a row covers more than half (or that covers more than half of the row). Whole or not
/// at all. Error: what read_labels() says; labels that are no class, all of them; a file that is no clip or several.
ImportReport import_labels(corpus::Catalogue& catalogue, const std::vector<std::string>& classes,
                           const std::filesystem::path& file, const ImportOptions& options);

}  // namespace pupil::review
