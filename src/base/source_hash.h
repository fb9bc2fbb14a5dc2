// SPDX-License-Identifier: Apache-2.0
// How a Content-Security-Policy names the one inline script or style that it lets through.

#pragma once

#include <string>
#include <string_view>

namespace pupil {

/// "'sha256-...'" of the text between an element's tags, every byte of it.
std::string source_hash(std::string_view text);

}  // namespace pupil
