// SPDX-License-Identifier: Apache-2.0
#include "corpus/clip_metadata.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::corpus {
namespace {

TEST(ClipMetadata, ComesBackFromItsText) {
  ClipMetadata metadata;
  metadata.recording = "take\t1\\n";
  metadata.split = Split::val;
  metadata.author = "Ann\nBob";
  metadata.licence = "CC0\xff";
  metadata.given = {{"bark", 0.1, 1.25}, {"a\tb\n", {}, {}}};
  EXPECT_EQ(parse_metadata(metadata_text(metadata)), metadata);
  EXPECT_EQ(parse_metadata(metadata_text({})), ClipMetadata{});
  EXPECT_EQ(parse_metadata(""), ClipMetadata{});
  EXPECT_THROW(parse_metadata("one line"), Error);
}

TEST(ClipMetadata, IsFilledFromTheOtherFiles) {
  ClipMetadata first;
  first.licence = "CC0";
  ClipMetadata second;
  second.licence = "CC BY";
  second.recording = "g";
  second.split = Split::test;
  second.given = {{"bark", {}, {}}};
  const MergedMetadata merged = merge_metadata(std::vector{first, second});
  EXPECT_EQ(merged.metadata.licence, "CC0");
  EXPECT_EQ(merged.metadata.recording, "g");
  EXPECT_EQ(merged.metadata.given, second.given);
  EXPECT_EQ(merged.given_splits, 4);
}

TEST(ClipMetadata, OnsetsTakeThePlaceOfTheBareLabel) {
  ClipMetadata bare;
  bare.given = {{"bark", {}, {}}, {"rain", {}, {}}};
  ClipMetadata timed;
  timed.given = {{"bark", 1.0, 2.0}};
  const std::vector<GivenLabel> expected = {{"rain", {}, {}}, {"bark", 1.0, 2.0}};
  EXPECT_EQ(merge_metadata(std::vector{bare, timed}).metadata.given, expected);
  EXPECT_EQ(merge_metadata(std::vector{timed, bare}).metadata.given,
            (std::vector<GivenLabel>{{"bark", 1.0, 2.0}, {"rain", {}, {}}}));
}

TEST(ClipMetadata, LabelsOfATrimmedCopyMove) {
  ClipMetadata metadata;
  metadata.given = {{"bark", 1.0, 2.0}, {"rain", {}, {}}};
  shift_labels(metadata, -1.5);
  EXPECT_EQ(metadata.given, (std::vector<GivenLabel>{{"bark", 0.0, 0.5}, {"rain", {}, {}}}));
}

}  // namespace
}  // namespace pupil::corpus
