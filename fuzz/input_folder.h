// SPDX-License-Identifier: Apache-2.0
// A folder for the fuzzers of what is read by its path, made once; TMPDIR=/dev/shm keeps it in memory (scripts/fuzz_campaign.sh).

#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/scratch_folder.h"

inline const std::filesystem::path& input_folder() {
  static const pupil::ScratchFolder folder;
  return folder.path();
}

inline void put_input(const char* name, std::string_view text) {
  std::FILE* file = std::fopen((input_folder() / name).c_str(), "wb");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) std::abort();
  std::fclose(file);
}

/// The part of `text` before the first NUL, and in `rest` what is behind it: one input for two files.
inline std::string_view first_file(std::string_view text, std::string_view* rest) {
  const std::size_t end = text.find('\0');
  *rest = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return text.substr(0, end);
}
