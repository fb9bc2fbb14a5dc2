// SPDX-License-Identifier: Apache-2.0
// Children of a command: the same program with other arguments.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace pupil::cli {

/// The path of the program that runs.
std::string own_program();

/// Starts `words` (a program's path and its arguments) with `environment` beside this process's own; it ends with this
/// process. Its output goes to the end of `log`, where one is named. Error: no process can be started.
pid_t start_child(const std::vector<std::string>& words, const std::filesystem::path& log = {},
                  const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace pupil::cli
