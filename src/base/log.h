// SPDX-License-Identifier: Apache-2.0
// Messages for people, on standard error, in order with the progress bar. Results go to standard output
// and never through here. Threads: any.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pupil {

enum class LogLevel { quiet, normal, verbose };

/// Which messages are printed: quiet only warnings, normal also info, verbose also debug. `normal` at start.
void set_log_level(LogLevel level);
LogLevel log_level();

void log_debug(std::string_view message);
void log_info(std::string_view message);
/// Printed with "warning: " in front, at every level; the same message once in a process.
void log_warning(std::string_view message);
/// Warnings of one kind: the first 20, then how many more there are.
void log_warnings(std::span<const std::string> messages);

}  // namespace pupil
