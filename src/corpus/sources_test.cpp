// SPDX-License-Identifier: Apache-2.0
#include "corpus/sources.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

const SourceItem& item(const Source& source, const std::string& path) {
  for (const SourceItem& one : source.items) {
    if (one.path == path) return one;
  }
  throw Error("no item " + path);
}

std::string label(const SourceItem& one) {
  return one.given.empty() ? "" : one.given[0].label;
}

TEST(Sources, ReadsAPlainFolderInOrderOfNames) {
  const TestFolder folder;
  for (const char* name : {"b.wav", "a/x.mp3", "notes.txt", ".hidden.wav"}) folder.write(name, "x");
  SourceOptions options;
  options.layout = Layout::plain;
  const Source source = read_source(folder.path(), options);
  EXPECT_EQ(source.kind, "folder");
  EXPECT_EQ(label(source.items[0]), "");
  ASSERT_EQ(source.items.size(), 2u);
  EXPECT_EQ(source.items[0].path, "a/x.mp3");
  EXPECT_EQ(source.items[1].path, "b.wav");
  EXPECT_EQ(source.remarks.size(), 1u);  // the text file
}

TEST(Sources, TakesClassesFromFolders) {
  const TestFolder folder;
  for (const char* name : {"bark/1.wav", "bark/deep/2.wav", "howl/3.wav"}) folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(source.kind, "class folders");
  EXPECT_EQ(label(item(source, "bark/deep/2.wav")), "bark");
  EXPECT_EQ(label(item(source, "howl/3.wav")), "howl");
}

TEST(Sources, ClassFoldersStayThatBesideAStrayFile) {
  const TestFolder folder;
  for (const char* name : {"bark/1.wav", "howl/3.wav", "test.wav", ".cache/x.wav"}) folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(source.kind, "class folders");
  EXPECT_EQ(label(item(source, "bark/1.wav")), "bark");
  EXPECT_EQ(label(item(source, "test.wav")), "");
  ASSERT_EQ(source.warnings.size(), 1u);
  EXPECT_NE(source.warnings[0].find("1 file lies beside the class folders"), std::string::npos);
}

TEST(Sources, AFolderAroundClassFoldersIsNoClass) {
  const TestFolder folder;
  for (const char* name :
       {"set-1.0/audio/bark/1.wav", "set-1.0/audio/rain/2.wav", "set-1.0/audio/x.wav", "y.wav"})
    folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(label(item(source, "set-1.0/audio/bark/1.wav")), "bark");
  EXPECT_EQ(label(item(source, "set-1.0/audio/rain/2.wav")), "rain");
  EXPECT_EQ(label(item(source, "set-1.0/audio/x.wav")), "");
  ASSERT_EQ(source.remarks.size(), 1u);
  EXPECT_NE(source.remarks[0].find("'set-1.0' only holds the other folders"), std::string::npos);
}

TEST(Sources, AFolderAroundSplitsAndOneWithinThemAreNoClasses) {
  const TestFolder folder;
  for (const char* name : {"set/train/wav/bark/1.wav", "set/train/wav/rain/2.wav", "set/test/wav/bark/3.wav"})
    folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(label(item(source, "set/train/wav/rain/2.wav")), "rain");
  EXPECT_EQ(item(source, "set/test/wav/bark/3.wav").split, Split::test);
  EXPECT_EQ(label(item(source, "set/test/wav/bark/3.wav")), "bark");
}

TEST(Sources, ASingleClassStaysOne) {
  const TestFolder folder;
  for (const char* name : {"bark/1.wav", "bark/2.wav", "bark/more/3.wav"}) folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(label(item(source, "bark/1.wav")), "bark");
  EXPECT_EQ(label(item(source, "bark/more/3.wav")), "bark");
}

TEST(Sources, SplitFoldersStayThatBesideStrayFiles) {
  const TestFolder folder;
  for (const char* name :
       {"train/bark/1.wav", "train/bark/2.wav", "test/bark/3.wav", "train/x.wav", "y.wav", "more/z.wav"})
    folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(label(item(source, "train/bark/1.wav")), "bark");
  EXPECT_EQ(item(source, "train/x.wav").split, Split::train);
  for (const char* name : {"train/x.wav", "y.wav", "more/z.wav"})
    EXPECT_EQ(label(item(source, name)), "") << name;
}

TEST(Sources, SplitFoldersWithoutClassesAreNoClasses) {
  const TestFolder folder;
  for (const char* name : {"train/1.wav", "test/2.wav"}) folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(label(item(source, "test/2.wav")), "");
  EXPECT_EQ(item(source, "test/2.wav").split, Split::test);
}

TEST(Sources, SaysWhatAnIndexDoesNotName) {
  const TestFolder folder;
  folder.write("metadata.csv", "file_name,label\nx.wav,bark\n");
  folder.write("x.wav", "x");
  folder.write("more/y.wav", "y");
  const Source source = read_source(folder.path());
  EXPECT_EQ(source.items.size(), 1u);
  ASSERT_EQ(source.warnings.size(), 1u);
  EXPECT_NE(source.warnings[0].find("1 file is not named by the index and passed over (more/y.wav)"),
            std::string::npos);
}

TEST(Sources, ReadsSemicolonsWithDecimalCommas) {
  const TestFolder folder;
  const auto csv = folder.write("i.CSV", "file_name;label;onset;offset\n\"a;b.wav\";bark;0,5;1,25\n");
  const Source source = read_source(csv);
  EXPECT_EQ(item(source, "a;b.wav").given, (std::vector<GivenLabel>{{"bark", 0.5, 1.25}}));
}

TEST(Sources, NamesTheColumnsOfAnUnknownIndex) {
  const TestFolder folder;
  try {
    read_source(folder.write("i.tsv", "where\tlabel\na.wav\tbark\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("(columns: where, label)"), std::string::npos) << error.what();
  }
}

TEST(Sources, TakesSplitsFromFoldersAboveTheClasses) {
  const TestFolder folder;
  for (const char* name : {"train/bark/1.wav", "Test/bark/2.wav"}) folder.write(name, "x");
  const Source source = read_source(folder.path());
  EXPECT_EQ(item(source, "Test/bark/2.wav").split, Split::test);
  EXPECT_EQ(label(item(source, "Test/bark/2.wav")), "bark");
}

TEST(Sources, ReadsEsc50) {
  const TestFolder folder;
  folder.write("meta/esc50.csv",
               "filename,fold,target,category,esc10,src_file,take\n1-7-A-0.wav,1,0,dog,True,7,A\n"
               "4-7-B-0.wav,4,0,dog,True,8,B\n");
  const Source source = read_source(folder.path());
  EXPECT_EQ(source.kind, "esc50");
  const SourceItem& first = item(source, "1-7-A-0.wav");
  EXPECT_EQ(first.recording, "7");
  EXPECT_EQ(first.split, Split::train);
  EXPECT_EQ(label(first), "dog");
  EXPECT_EQ(item(source, "4-7-B-0.wav").split, Split::test);
}

TEST(Sources, MapsFoldsAsTold) {
  const TestFolder folder;
  folder.write("esc50.csv", "filename,fold,target,category,esc10,src_file,take\na.wav,3,0,dog,True,7,A\n");
  SourceOptions options;
  options.split_names["3"] = Split::val;
  EXPECT_EQ(read_source(folder.path(), options).items[0].split, Split::val);
}

TEST(Sources, ReadsAudioFolder) {
  const TestFolder folder;
  folder.write("metadata.csv", "file_name,label,license\nx.wav,bark,CC0\n");
  folder.write("train/metadata.csv", "file_name,label\ny.wav,howl\n");
  const Source source = read_source(folder.path());
  EXPECT_EQ(source.kind, "audiofolder");
  EXPECT_EQ(item(source, "x.wav").licence, "CC0");
  EXPECT_EQ(item(source, "train/y.wav").split, Split::train);
  EXPECT_EQ(item(source, "train/y.wav").file, std::filesystem::canonical(folder.path()) / "train" / "y.wav");
}

TEST(Sources, ReadsAnyCsvByItsColumns) {
  const TestFolder folder;
  const auto csv = folder.write("index.csv", "f,l,g,s,w\n\"a b.wav\",bark,G1,val,Ann\n");
  CsvColumns columns;
  columns.path = "f";
  columns.label = "l";
  columns.group = "g";
  columns.split = "s";
  columns.author = "w";
  const Source source = read_csv_source(csv, columns);
  ASSERT_EQ(source.items.size(), 1u);
  EXPECT_EQ(source.items[0].recording, "G1");
  EXPECT_EQ(source.items[0].split, Split::val);
  EXPECT_EQ(source.items[0].author, "Ann");
}

TEST(Sources, JoinsRowsOfOneFile) {
  const TestFolder folder;
  const auto csv =
      folder.write("i.csv", "path,label,from,to\na.wav,bark,0.5,1\na.wav,howl,2,3.5\na.wav,bark,0.5,1\n");
  CsvColumns columns;
  columns.label = "label";
  columns.onset = "from";
  columns.offset = "to";
  const Source source = read_csv_source(csv, columns);
  ASSERT_EQ(source.items.size(), 1u);
  EXPECT_EQ(source.items[0].given, (std::vector<GivenLabel>{{"bark", 0.5, 1.0}, {"howl", 2.0, 3.5}}));
}

TEST(Sources, DividesCellsWithSeveralLabels) {
  const TestFolder folder;
  const auto csv = folder.write("i.csv", "path,label\na.wav,bark;growl\n");
  CsvColumns columns;
  columns.label = "label";
  SourceOptions options;
  options.label_separator = ";";
  EXPECT_EQ(read_csv_source(csv, columns, options).items[0].given.size(), 2u);
}

TEST(Sources, NamesTheLineOfAFault) {
  const TestFolder folder;
  const auto csv = folder.write("i.csv", "path,split\na.wav,train\nb.wav,fold7\n");
  CsvColumns columns;
  columns.split = "split";
  try {
    read_csv_source(csv, columns);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("i.csv:3: split 'fold7'"), std::string::npos) << error.what();
  }
}

TEST(Sources, RefusesWhatHoldsNothing) {
  const TestFolder folder;
  EXPECT_THROW(read_source(folder.path()), Error);
  EXPECT_THROW(read_source(folder / "absent"), Error);
}

}  // namespace
TEST(AgreedClass, LabelsOfTwoClassesMeanNone) {
  const auto class_of = [](const std::string& label) {
    return label == "bark" ? 0 : label == "rain" ? 1 : -1;
  };
  EXPECT_EQ(agreed_class({{"x", {}, {}}, {"rain", {}, {}}, {"rain", {}, {}}}, class_of), 1);
  EXPECT_EQ(agreed_class({{"bark", {}, {}}, {"rain", {}, {}}}, class_of), -1);
  EXPECT_EQ(agreed_class({}, class_of), -1);
}

}  // namespace pupil::corpus
