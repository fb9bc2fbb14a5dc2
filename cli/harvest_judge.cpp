// SPDX-License-Identifier: Apache-2.0
#include "harvest_judge.h"

#ifdef PUPIL_FORGE_PROGRAM
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "pipeline/preview_judge.h"
#endif

namespace pupil::cli {

#ifdef PUPIL_FORGE_PROGRAM

bool has_teachers() {
  return true;
}

std::unique_ptr<harvest::Judge> find_judge(const Project& project, corpus::Catalogue& catalogue) {
  try {
    return pipeline::make_preview_judge(project, catalogue);
  } catch (const Error& error) {
    log_warning(concat("results are not scored: ", error.what()));
    return nullptr;
  }
}

#else

bool has_teachers() {
  return false;
}

std::unique_ptr<harvest::Judge> find_judge(const Project&, corpus::Catalogue&) {
  return nullptr;
}

#endif

}  // namespace pupil::cli
