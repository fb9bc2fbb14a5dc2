// pupil pretrain teacher: a CLAP of any size.

#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "commands.h"
#include "pretrain/manifest.h"
#include "pretrain_teacher_options.h"

namespace pupil::cli {

int run_pretrain_teacher(const Command& command, Arguments arguments) {
  const PretrainTeacherOptions options = parse_options<PretrainTeacherOptions>(command, arguments);
  for (const std::string& csv : options.manifests) {
    pretrain::ManifestOptions source;
    source.csv = csv;
    source.root = options.root;
    source.caption_column = options.caption_column;
    source.label_column = options.label_column;
    source.licence_column = options.licence_column;
    source.licence = options.licence;
    source.where = options.where;
    log_info(csv + ": " + pretrain::describe(pretrain::read_manifest(source)));
  }
  return 0;
}

}  // namespace pupil::cli
