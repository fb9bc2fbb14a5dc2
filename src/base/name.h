// SPDX-License-Identifier: Apache-2.0
// Names that people choose and that files, labels and tables then carry: of a project, of its classes. They are
// checked where they are read (pupil.toml, the command line), long before a file is written under them.

#pragma once

#include <string>
#include <string_view>

namespace pupil {

/// What speaks against `name` as a class's name: "is empty", "has a line break or another control character"...
/// Empty: nothing.
std::string label_fault(std::string_view name);

/// What speaks against `name` as the name of files NAME.pupil, NAME.onnx...: label_fault(), and whatever would lead
/// to another folder or hide the file. Empty: nothing.
std::string file_name_fault(std::string_view name);

/// `name` without what readers overlook: letters in lower case, blanks at the ends dropped, several blanks as one.
/// Two names with the same folded name are too alike to stand side by side.
std::string folded_name(std::string_view name);

}  // namespace pupil
