// SPDX-License-Identifier: Apache-2.0
// Times as files, sinks and people get them. UTC; only quiet hours are the place's own.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "listen/event.h"

namespace pupil::listen {

/// "2026-11-29T13:04:06.120Z"
std::string utc_text(Time time);
/// "20261129T130406.120Z": safe in file names.
std::string utc_compact(Time time);
/// "2026-11-29"
std::string utc_day(Time time);

/// The inverse of utc_text(); nothing for any other text.
std::optional<Time> parse_utc(std::string_view text);

/// Minutes since midnight on the place's clock (TZ, /etc/localtime), 0 to 1439.
int local_minute(Time time);

}  // namespace pupil::listen
