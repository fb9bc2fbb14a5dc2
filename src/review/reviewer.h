// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pupil::review {

/// A reviewer's name as it was given, on the page, by --reviewer or in a file of labels. Error: it is empty, longer than 100
/// bytes, or no text on one line.
std::string checked_reviewer(std::string name);

}  // namespace pupil::review
