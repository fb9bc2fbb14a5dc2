// The separation stage: every clip of a project, asked for the sound of every class, as a second view beside
// the original. It joins the catalogue (src/corpus) with the separator (src/separator), which do not know
// each other.
//
// A clip's audio files are in the store before the catalogue names them, and all its views are committed in
// one transaction: stopped anywhere (kill -9 included), the stage goes on with the first clip that is not
// done.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/store.h"
#include "corpus/views.h"
#include "separate_options.h"

namespace pupil::cli {

/// What one run did.
struct SeparateStageReport {
  std::int64_t clip_count = 0;
  std::int64_t skipped_count = 0;
  std::int64_t good_count = 0;
  std::int64_t silent_count = 0;
  std::int64_t destroyed_count = 0;
  double duration_s = 0;  ///< of the views made
};

/// The queries of a project in order, each once: [separate] query, or one per class (its `query`, else its
/// first prompt, else its name).
std::vector<std::string> separation_queries(const Project& project);

/// `pupil separate DIR`: runs the stage, prints, returns the exit code.
int run_separate_stage(SeparateOptions& options);

}  // namespace pupil::cli
