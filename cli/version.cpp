// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "base/revision.h"
#include "commands.h"

namespace pupil::cli {
namespace {

struct VersionOptions {
  template <typename Visitor>
  void visit(Visitor&) {}
};

}  // namespace

int run_version(const Command& command, Arguments arguments) {
  parse_options<VersionOptions>(command, arguments);
  std::printf("%s\n", program_name().data());
  return 0;
}

}  // namespace pupil::cli
