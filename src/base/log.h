// Messages for people, on standard error, in order with the progress bar. Results go to standard output
// and never through here. Threads: any.

#pragma once

#include <string_view>

namespace pupil {

enum class LogLevel { quiet, normal, verbose };

/// Which messages are printed: quiet only warnings, normal also info, verbose also debug. `normal` at start.
void set_log_level(LogLevel level);
LogLevel log_level();

void log_debug(std::string_view message);
void log_info(std::string_view message);
/// Printed with "warning: " in front, at every level.
void log_warning(std::string_view message);

}  // namespace pupil
