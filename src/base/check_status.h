// SPDX-License-Identifier: Apache-2.0
// From the device library's way of failing to that of the tools.

#pragma once

#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace pupil {

/// Error "CONTEXT: what the status says" unless `status` is ok. For edge::Status, which this module does not
/// know: any enum with `ok` and a to_string() beside it.
template <typename Status>
requires requires {
  Status::ok;
}
void check_status(Status status, std::string_view context) {
  if (status != Status::ok) throw Error(concat(context, ": ", to_string(status)));
}

}  // namespace pupil
