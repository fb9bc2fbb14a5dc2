// SPDX-License-Identifier: Apache-2.0
#include "corpus/index_columns.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

CsvColumns found(const std::string& header, const CsvColumns& given = {}) {
  return find_usual_columns(parse_csv(header + "\n", "i.csv"), given);
}

TEST(IndexColumns, GroupsHaveManyNames) {
  for (const char* name : {"group", "recording", "Recording_Group", "recording id", "RECORDING-ID", "take",
                           "session", "Session ID", "src_file", "fsID", "youtube_id"})
    EXPECT_EQ(found(std::string("path,label,") + name).group, name);
}

TEST(IndexColumns, TheOtherPurposesToo) {
  const CsvColumns columns = found("Filename,Category,Subset,License,Artist,URL,onset,offset");
  EXPECT_EQ(columns.path, "Filename");
  EXPECT_EQ(columns.label, "Category");
  EXPECT_EQ(columns.split, "Subset");
  EXPECT_EQ(columns.licence, "License");
  EXPECT_EQ(columns.author, "Artist");
  EXPECT_EQ(columns.source, "URL");
  EXPECT_EQ(columns.offset, "offset");
}

TEST(IndexColumns, TheCoarserGroupDividesNothing) {
  EXPECT_EQ(found("path,take,recording_id,recording_group").group, "recording_group");
}

TEST(IndexColumns, WhatIsGivenStandsAndNothingServesTwice) {
  const CsvColumns columns = found("path,group,label", {.label = "group", .split = std::string(kNoColumn)});
  EXPECT_EQ(columns.label, "group");
  EXPECT_EQ(columns.group, "");
  EXPECT_EQ(columns.split, "");
}

TEST(IndexColumns, FoldsCountWhereTheirValuesAreKnown) {
  const CsvTable table = parse_csv("path,fold\na.wav,1\nb.wav,2\n", "i.csv");
  EXPECT_EQ(find_usual_columns(table, {}).split, "");
  EXPECT_EQ(find_usual_columns(table, {}, {{"1", Split::train}, {"2", Split::test}}).split, "fold");
}

TEST(IndexColumns, AnOnsetAloneIsNone) {
  EXPECT_EQ(found("path,onset").onset, "");
}

TEST(IndexColumns, SaysWhatServesForWhat) {
  const CsvTable table = parse_csv("file,take,mood\n", "i.csv");
  EXPECT_EQ(describe_columns(table, find_usual_columns(table, {})),
            "path from 'file', group from 'take'; not used: mood");
}

TEST(IndexColumns, AnIndexWithoutFilesNamesItsColumns) {
  const TestFolder folder;
  try {
    read_csv_source(folder.write("i.csv", "colour,mood\nred,good\n"), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("(columns: colour, mood)"), std::string::npos) << error.what();
  }
}

Source files(const std::vector<std::pair<std::string, std::string>>& paths_and_labels) {
  Source source{"i.csv", "csv", {}, {}, {}};
  for (const auto& [path, label] : paths_and_labels) {
    SourceItem& item = source.items.emplace_back();
    item.path = path;
    if (!label.empty()) item.given.push_back({label, {}, {}});
  }
  warn_of_parts(source);
  return source;
}

TEST(IndexColumns, NumberedPartsOfATakeAreSaid) {
  const Source source =
      files({{"walk_01.wav", "dog"}, {"walk_02.wav", "dog"}, {"yard.wav", "dog"}, {"home-1.wav", "dog"}});
  ASSERT_EQ(source.warnings.size(), 1u);
  EXPECT_NE(source.warnings[0].find("2 files share the beginning of their names"), std::string::npos)
      << source.warnings[0];
}

TEST(IndexColumns, PartsNamedSoAreSaid) {
  EXPECT_EQ(
      files({{"a/2024-05-01_part1.wav", ""}, {"a/2024-05-01_part2.wav", ""}, {"b.wav", ""}}).warnings.size(),
      1u);
}

TEST(IndexColumns, FilesThatAreOnlyCountedAreNoParts) {
  EXPECT_TRUE(
      files({{"rain_1.wav", "rain"}, {"rain_2.wav", "rain"}, {"dog_1.wav", "dog"}, {"dog_2.wav", "dog"}})
          .warnings.empty());
  EXPECT_TRUE(files({{"REC0001.wav", ""}, {"REC0002.wav", ""}, {"x.wav", ""}}).warnings.empty());
  EXPECT_TRUE(files({{"clip_1.wav", ""}, {"clip_2.wav", ""}, {"clip_3.wav", ""}}).warnings.empty());
}

TEST(IndexColumns, OneAddressForSeveralFilesIsSaidUnlessGroupsAreGiven) {
  const TestFolder folder;
  const char* rows = "a.wav,https://x.org/7,1\nb.wav,https://x.org/7,1\nc.wav,https://x.org/9,2\n";
  const auto without = folder.write("i.csv", std::string("path,url,mood\n") + rows);
  ASSERT_EQ(read_csv_source(without, {}).warnings.size(), 1u);
  const auto with = folder.write("j.csv", std::string("path,url,take\n") + rows);
  EXPECT_TRUE(read_csv_source(with, {}).warnings.empty());
  EXPECT_EQ(read_source(with).items[1].recording, "1");
}

}  // namespace
}  // namespace pupil::corpus
