// SPDX-License-Identifier: Apache-2.0
#include "typed_command.h"

namespace pupil::cli {

std::string typed_command(std::string_view name, const Arguments& arguments) {
  std::string text(name);
  for (const std::string& argument : arguments) {
    const bool plain = argument.find_first_of(" |()'\"$&;<>") == std::string::npos && !argument.empty();
    text += plain ? " " + argument : " '" + argument + "'";
  }
  return text;
}

}  // namespace pupil::cli
