// SPDX-License-Identifier: Apache-2.0
// The collecting stage: from the [[source]] tables of a project, or the words of `pupil collect`, to the
// catalogue.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/collect.h"
#include "corpus/store.h"
#include "project/project_file.h"

namespace pupil::corpus {

/// Lists what the tables name; relative paths start from `base`. Decodes nothing. Error: as
/// read_source().
std::vector<Source> read_sources(const std::vector<SourceSpec>& specs, const std::filesystem::path& base);

/// [collect], [split] and [window] of a project, which must outlive the options. `threads` 0: all processors.
CollectOptions collect_options(const Project& project, std::int64_t threads);

/// Collects all items of `sources`, with a progress bar and a run record (`options`: as it will stand there).
CollectReport run_collect_stage(Catalogue& catalogue, const Store& store, const std::vector<Source>& sources,
                                const CollectOptions& collect_with, const Json& options);

/// What a person should know beside the counts: remarks of the sources; as warnings, what was lost, passed
/// over or contradicts itself, and given labels that no class of the project means.
void warn_of(const CollectReport& report, const Project& project, Catalogue& catalogue);

Json collect_report_json(const CollectReport& report);
std::string collect_report_text(const CollectReport& report);

/// Seconds of sound and of work per file, measured on a few of `files`, spread over the list.
struct SampledFiles {
  double audio_s = 0;
  double work_s = 0;
};
SampledFiles sample_files(const std::vector<std::filesystem::path>& files);

}  // namespace pupil::corpus
