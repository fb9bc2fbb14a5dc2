// SPDX-License-Identifier: Apache-2.0
// A folder for a measurement's files, removed with the object.

#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file_system.h"
#include "base/quietly.h"

namespace pupil {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (temporary_folder() / "pupil_bench_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw DiskError(pattern + ": cannot make folder: " + std::strerror(errno));
    path_ = pattern;
  }
  ~ScratchFolder() {
    quietly([this] { std::filesystem::remove_all(path_); });
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace pupil
