// SPDX-License-Identifier: Apache-2.0
#include "nn/zip_directory.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/test_archive.h"

namespace pupil::nn {
namespace {

std::string text_of(const std::string& archive, const ZipEntry& entry) {
  return archive.substr(entry.offset_bytes, entry.bytes);
}

TEST(ZipDirectory, FindsStoredEntries) {
  for (const bool zip64 : {false, true}) {
    const std::string archive = TestArchive({.zip64 = zip64}).add("a/x", "hello").add("a/y", "").finish();
    const auto bytes = as_bytes(archive);
    ASSERT_TRUE(is_zip(bytes));
    const auto entries = read_zip_directory(bytes);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "a/x");
    EXPECT_EQ(text_of(archive, entries[0]), "hello");
    EXPECT_TRUE(entries[0].is_stored);
    EXPECT_EQ(entries[1].bytes, 0u);
  }
}

TEST(ZipDirectory, ACommentMayFollow) {
  std::string archive = TestArchive().add("x", "1").finish();
  archive[archive.size() - 2] = 5;
  archive += "hello";
  EXPECT_EQ(read_zip_directory(as_bytes(archive)).size(), 1u);
}

TEST(ZipDirectory, CompressedEntriesAreNotStored) {
  const std::string archive = TestArchive({.compression = 8}).add("x", "1").finish();
  const auto bytes = as_bytes(archive);
  EXPECT_FALSE(read_zip_directory(bytes).at(0).is_stored);
}

TEST(ZipDirectory, EveryTruncationIsAnError) {
  for (const bool zip64 : {false, true}) {
    const std::string archive = TestArchive({.zip64 = zip64}).add("a/x", "hello").finish();
    for (std::size_t size = 0; size < archive.size(); ++size) {
      EXPECT_THROW(read_zip_directory(as_bytes(archive.substr(0, size))), Error) << size;
    }
  }
}

TEST(ZipDirectory, ANameTwiceIsAnError) {
  EXPECT_THROW(read_zip_directory(as_bytes(TestArchive().add("x", "1").add("x", "2").finish())), Error);
}

/// Whatever one wrong byte does, the entries that come out lie inside the archive.
TEST(ZipDirectory, AnyByteMayBeWrong) {
  const std::string archive = TestArchive({.zip64 = true}).add("a/x", "hello").finish();
  for (std::size_t at = 0; at < archive.size(); ++at) {
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string broken = archive;
      broken[at] = static_cast<char>(value);
      const auto bytes = as_bytes(broken);
      try {
        for (const ZipEntry& entry : read_zip_directory(bytes)) {
          EXPECT_LE(entry.bytes, bytes.size());
          EXPECT_LE(entry.offset_bytes, bytes.size() - entry.bytes);
        }
      } catch (const Error&) {
      }
    }
  }
}

}  // namespace
}  // namespace pupil::nn
