// The collecting stage: from the [[source]] tables of a project, or the words of `pupil collect`, to the
// catalogue.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/json.h"
#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/collect.h"
#include "corpus/store.h"

namespace pupil::cli {

/// Lists what the tables name; relative paths start from `base`. Decodes nothing. Error: as
/// corpus::read_source().
std::vector<corpus::Source> read_sources(const std::vector<SourceSpec>& specs,
                                         const std::filesystem::path& base);

/// [collect], [split] and [window] of a project, which must outlive the options. `threads` 0: all processors.
corpus::CollectOptions collect_options(const Project& project, std::int64_t threads);

/// Collects all items of `sources`, with a progress bar and a run record (`options`: as it will stand there).
corpus::CollectReport run_collect_stage(corpus::Catalogue& catalogue, const corpus::Store& store,
                                        const std::vector<corpus::Source>& sources,
                                        const corpus::CollectOptions& collect_with, const Json& options);

/// What a person should know beside the counts: remarks of the sources; as warnings, what was lost, passed
/// over or contradicts itself, and given labels that no class of the project means.
void warn_of(const corpus::CollectReport& report, const Project& project, corpus::Catalogue& catalogue);

Json collect_report_json(const corpus::CollectReport& report);
std::string collect_report_text(const corpus::CollectReport& report);

/// Seconds of sound and of work per file, measured on a few of `files`, spread over the list.
struct SampledFiles {
  double audio_s = 0;
  double work_s = 0;
};
SampledFiles sample_files(const std::vector<std::filesystem::path>& files);

}  // namespace pupil::cli
