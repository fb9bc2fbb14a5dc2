// SPDX-License-Identifier: Apache-2.0
// Where a test finds the reference vectors.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace pupil {

/// The folder of reference vectors: the one in the environment's PUPIL_GOLDEN, else the whole set where it is at hand,
/// else the part of it in tests/golden. A test skips aloud where a file of its own is absent.
inline std::filesystem::path golden_folder() {
  if (const char* folder = std::getenv("PUPIL_GOLDEN")) return folder;
  const auto whole = std::filesystem::path(PUPIL_SHARED_DIR) / "golden";
  return std::filesystem::exists(whole) ? whole : std::filesystem::path(PUPIL_SOURCE_DIR) / "tests/golden";
}

/// Skips the test aloud where `path` is absent.
#define PUPIL_NEEDS(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << (path) << " is absent"

}  // namespace pupil
