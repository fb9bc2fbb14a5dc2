// SPDX-License-Identifier: Apache-2.0
// Files that lie where another should: what a clone without Git LFS leaves, and the page a web server sends instead.

#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace pupil {

/// So many first bytes of a file are enough for refuse_stand_in().
constexpr std::size_t kStandInBytes = 64;

/// Throws Error when a file that begins with `beginning` is a Git LFS pointer or an HTML page; `wanted` says what
/// it should be ("audio").
inline void refuse_stand_in(std::string_view beginning, std::string_view wanted) {
  if (beginning.starts_with("version https://git-lfs.github.com/spec/")) {
    throw Error("is a Git LFS pointer, not the file itself: git lfs pull");
  }
  if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
  while (!beginning.empty() && std::isspace(static_cast<unsigned char>(beginning.front()))) {
    beginning.remove_prefix(1);
  }
  const std::string begin = lower_case(beginning.substr(0, 16));
  if (begin.starts_with("<!doctype html") || begin.starts_with("<html")) {
    throw Error("is an HTML page, not " + std::string(wanted) + ": download it again");
  }
}

}  // namespace pupil
