// SPDX-License-Identifier: Apache-2.0
// A model as a folder of C and C++ that builds as it is: for micro-controllers, and for whoever wants the device library
// and one model without this repository. What `pupil export --c-project` writes.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pupil/edge/model.h"

namespace pupil::cproject {

struct ProjectFile {
  std::string path;  ///< in the project's folder, with '/'
  std::string text;
};

/// Bytes of RAM for a stream, by kernel set: at most this many on any machine, 32 bits or 64.
struct StreamBytes {
  std::int64_t reference = 0;
  std::int64_t arm_dsp = 0;
  std::int64_t arm_mve = 0;
};
StreamBytes stream_bytes(const edge::Model& model, std::int32_t hop_ms);

/// The files of a project: the model as an array, the sizes of its memory, golden windows, a program that reads PCM, one
/// that tests the machine, the device library, Makefile, CMakeLists.txt, README.md, a component of ESPHome. The same model gives the same
/// bytes. `hop_ms`: between scores; rounded to what the network supports.
/// Error: the network is too large to be run, or the hop is not positive.
std::vector<ProjectFile> c_project(const edge::Model& model, std::string_view name, std::int32_t hop_ms);

/// Error: the folder holds files and no C project, whose README.md or Makefile would be lost.
void check_c_project_folder(const std::filesystem::path& folder);

/// Writes them to `folder`, which is made when it is absent; each file is replaced whole, others stay.
/// Error: as check_c_project_folder(); or a file cannot be written.
void write_c_project(const edge::Model& model, std::string_view name, std::int32_t hop_ms,
                     const std::filesystem::path& folder);

/// What this program holds: the library and the fixed files of a project.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};
std::span<const EmbeddedFile> embedded_files();
std::span<const std::string_view> library_sources();

}  // namespace pupil::cproject
