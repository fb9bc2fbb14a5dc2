// SPDX-License-Identifier: Apache-2.0
// The door for a command's outputs: none of them may be one of its inputs.

#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace pupil::cli {

/// A path of a command, and what its help calls it: {"OUT", "bark.wav"}, {"--report", ""}. Empty paths count as not
/// given.
struct NamedPath {
  std::string name;
  std::filesystem::path path;
};

/// Call it before anything is written, with every file that the command will write and every file or folder that it
/// reads or that belongs to the project. UsageError: an output is the same file (through symbolic links, hard links
/// and other spellings of its path) as an input or as another output, or it exists and is no file (a device, a
/// pipe, a folder): it would be replaced by one.
void check_outputs(std::span<const NamedPath> outputs, std::span<const NamedPath> inputs);

/// The same for a command that fills a folder with files of many names. UsageError: an input is that folder or a file in
/// it.
void check_output_folder(const NamedPath& folder, std::span<const NamedPath> inputs);

}  // namespace pupil::cli
