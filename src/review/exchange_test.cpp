// SPDX-License-Identifier: Apache-2.0
#include "review/exchange.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/read_file.h"
#include "corpus/database.h"
#include "corpus/reviews.h"
#include "review/test_review.h"

namespace pupil::review {
namespace {

using Format = ExchangeFormat;

std::string fault(Format format, const std::string& text) {
  try {
    read_labels(format, text, "f");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Exchange, ReadsAudacityWithFrequencies) {
  const auto rows = read_labels(Format::audacity, "0.5\t1.5\tdog\r\n\\\t100.0\t2000.0\r\n2\t2\tcat\n", "f");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].end_s, 1.5);
  EXPECT_EQ(rows[0].label, "dog");
  EXPECT_EQ(rows[1].line, 3);
}

TEST(Exchange, ReadsRavenOncePerSelection) {
  const auto rows = read_labels(
      Format::raven,
      "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin File\tCommon Name\n"
      "1\tWaveform 1\t1\t0.5\t1.5\t0\t8000\ta.wav\tdog\n1\tSpectrogram 1\t1\t0.5\t1.5\t0\t8000\ta.wav\tdog\n",
      "f");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].file, "a.wav");
  EXPECT_EQ(rows[0].label, "dog");
}

TEST(Exchange, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(fault(Format::audacity, "0\t1\tdog\n1\t0.5\tdog\n"), "f:2: ends before it begins");
  EXPECT_EQ(fault(Format::audacity, "a\t1\tdog\n"), "f:1: 'a' is no time in seconds");
  EXPECT_EQ(fault(Format::audacity, "0\tinf\tdog\n"), "f:1: 'inf' is no time in seconds");
  EXPECT_EQ(fault(Format::audacity, "0 1 dog\n"),
            "f:1: begin, end and label with tabs between them are wanted");
  EXPECT_EQ(fault(Format::audacity, "0\t1\t\n"), "f:1: no label");
  EXPECT_NE(fault(Format::raven, "Selection\tBegin\n1\t2\n").find("Begin Time (s)"), std::string::npos);
  EXPECT_NE(fault(Format::csv, "file,start_s,end_s\na,0,1\n").find("label"), std::string::npos);
  EXPECT_THROW(guess_format("hello", "f"), Error);
}

TEST(Exchange, ReadsWhatItWrites) {
  const std::vector<LabelRow> rows = {{"a \"b\", c.wav", 0.5, 1.5, "dog, \"big\"", 0, "ann"},
                                      {"d.wav", 2, 3, "not cat", 0, "bob"}};
  for (const Format format : {Format::audacity, Format::raven, Format::csv}) {
    const std::string text = write_labels(format, rows);
    EXPECT_EQ(guess_format(text, "f"), format);
    const auto read = read_labels(format, text, "f");
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].label, rows[0].label);
    EXPECT_EQ(read[1].start_s, 2);
    EXPECT_EQ(read[0].file, format == Format::audacity ? "" : rows[0].file);
  }
}

TEST(Exchange, MergesWhatTouches) {
  const auto events = merged({{"a", 0, 1, "dog", 0, ""},
                              {"a", 0.5, 1.5, "dog", 0, ""},
                              {"a", 3, 4, "dog", 0, ""},
                              {"b", 1, 2, "dog", 0, ""},
                              {"a", 1, 2, "cat", 0, ""}});
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].end_s, 1.5);
}

class ExchangeProject : public ::testing::Test {
 protected:
  ExchangeProject() { make_review_project(folder.path(), 3); }
  ImportReport import(const std::string& name, std::string_view text, const ImportOptions& options = {}) {
    return import_labels(catalogue(), {"dog barking", "cat"}, folder.write(name, text), options);
  }
  corpus::Catalogue& catalogue() {
    if (!catalogue_) catalogue_ = corpus::Catalogue::open(folder.path());
    return *catalogue_;
  }
  corpus::TestFolder folder;
  std::optional<corpus::Catalogue> catalogue_;
};

TEST_F(ExchangeProject, LabelsBecomeVerdictsAndComeOutTheSame) {
  const auto report =
      import("clip 1.txt", "0.5\t1.5\tDog  barking\n1.5\t2.5\tnot cat\n2.95\t2.96\tnone of these\n");
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.windows, 3);
  const auto rows = present_labels(catalogue());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].label, "dog barking");
  EXPECT_EQ(rows[0].start_s, 0.5);
  EXPECT_EQ(rows[0].reviewer, "clip 1.txt");
  EXPECT_EQ(rows[1].label, "not cat");
  EXPECT_EQ(corpus::list_reviews(catalogue()).size(), 2U);
  EXPECT_EQ(export_labels(catalogue(), Format::csv, false, folder / "out.csv"), 3);
  EXPECT_EQ(import("again.csv", read_text(folder / "out.csv")).windows, 3);
  EXPECT_EQ(present_labels(catalogue()).size(), 3U);
}

TEST_F(ExchangeProject, AnEventDecidesTheWindowsItCovers) {
  EXPECT_EQ(import("clip 1.txt", "0\t1.5\tcat\n").windows, 2) << "0 to 1, 0.5 to 1.5; of 1 to 2 only a half";
  EXPECT_EQ(export_labels(catalogue(), Format::audacity, true, folder / "labels"), 1);
  EXPECT_EQ(read_text(folder / "labels/clip_1.wav.txt"), "0.000\t1.500\tcat\n");
}

// Paths that are one file name when they are made safe, and file names that are in two folders.
TEST_F(ExchangeProject, KeepsRecordingsOfLikeNamesApart) {
  catalogue().database().execute(
      "UPDATE clips SET path = 'clip_1.wav' WHERE path = 'clip 2.wav';"
      "UPDATE clips SET path = 'b/clip 1.wav' WHERE path NOT LIKE 'clip%'");
  import("all.csv",
         "file,start_s,end_s,label\nclip 1.wav,0,1,cat\nclip_1.wav,0,1,dog barking\nb/clip 1.wav,0,1,cat\n");
  EXPECT_EQ(export_labels(catalogue(), Format::audacity, false, folder / "labels"), 3);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "labels"))
    files.push_back(entry.path().filename().string());
  EXPECT_EQ(files.size(), 3U);
  const auto before = corpus::list_verdicts(catalogue()).size();
  for (const std::string& file : files)
    EXPECT_EQ(import(file, read_text(folder / "labels" / file)).windows, 1) << file;
  EXPECT_EQ(corpus::list_verdicts(catalogue()).size(), before + 3);
  EXPECT_EQ(present_labels(catalogue()).size(), 3U) << "the same stretches, decided as before";
  EXPECT_THROW(import("x.csv", "file,start_s,end_s,label\nsub/clip 1.wav,0,1,cat\n"), Error)
      << "a name that two have";
}

TEST_F(ExchangeProject, KeepsSourcesWithTheSamePathsApart) {
  catalogue().database().execute(
      "INSERT INTO sources(id, name, kind) VALUES (98, '/home/ann/barn', 'folder'), (99, '/mnt/barn', 'folder');"
      "UPDATE clips SET source_id = 98, path = 'clip 1.wav' WHERE path = 'clip 2.wav';"
      "UPDATE clips SET source_id = 99, path = 'clip 1.wav' WHERE path NOT LIKE 'clip%'");
  import(
      "all.csv",
      "file,start_s,end_s,label\n/home/ann/barn/clip 1.wav,0,1,cat\n/mnt/barn/clip 1.wav,0,1,dog barking\n");
  auto rows = present_labels(catalogue());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].file, "/home/ann/barn/clip 1.wav") << "two folders are called barn";
  EXPECT_EQ(rows[0].label, "cat");
  EXPECT_EQ(rows[1].file, "/mnt/barn/clip 1.wav");
  EXPECT_EQ(merged(rows).size(), 2U);
  catalogue().database().execute("UPDATE sources SET name = '/mnt/yard' WHERE id = 99");
  rows = present_labels(catalogue());
  EXPECT_EQ(rows[0].file, "barn/clip 1.wav");
  EXPECT_EQ(rows[1].file, "yard/clip 1.wav");
  for (const Format format : {Format::csv, Format::raven}) {
    EXPECT_EQ(export_labels(catalogue(), format, true, folder / "out.txt"), 2);
    EXPECT_EQ(import("again.txt", read_text(folder / "out.txt")).windows, 2);
    EXPECT_EQ(present_labels(catalogue()).size(), 2U);
    EXPECT_EQ(present_labels(catalogue())[0].label, "cat");
  }
  EXPECT_EQ(export_labels(catalogue(), Format::audacity, false, folder / "labels"), 2);
  EXPECT_EQ(read_text(folder / "labels/barn_clip_1.wav.txt"), "0.000\t1.000\tcat\n");
  EXPECT_EQ(import("yard_clip_1.wav.txt", read_text(folder / "labels/yard_clip_1.wav.txt")).windows, 1);
  EXPECT_EQ(present_labels(catalogue()).size(), 2U) << "the same stretches, decided as before";
  EXPECT_THROW(import("x.csv", "file,start_s,end_s,label\nclip 1.wav,0,1,cat\n"), Error) << "three have it";
}

TEST_F(ExchangeProject, ARowThatIsAWindowDecidesItAlone) {
  const auto windows = corpus::list_view_windows(catalogue(), corpus::original_view(catalogue(), 1).id,
                                                 corpus::find_review_configs(catalogue()).windows);
  ASSERT_GT(windows.size(), 2U);
  EXPECT_EQ(import("clip 1.txt", "0.5\t1.5\tcat\n").windows, 1);
  EXPECT_GT(import("clip 1.txt", "0.4\t1.6\tcat\n").windows, 0);
}

TEST_F(ExchangeProject, RefusesReviewersThatAreNoName) {
  for (const char* name : {"a\nb", "b\xff", "\x01"})
    EXPECT_THROW(import("clip 1.txt", "0\t1\tcat\n", {"", name}), Error);
  EXPECT_THROW(import("a.csv", "file,start_s,end_s,label,reviewer\nclip 1.wav,0,1,cat,\"a\nb\"\n"), Error);
  EXPECT_TRUE(corpus::list_verdicts(catalogue()).empty());
}

TEST(Exchange, SaysWhichTimeIsNone) {
  EXPECT_EQ(guess_format("nan\t1\tdog\n", "f"), Format::audacity);
  EXPECT_EQ(fault(Format::audacity, "-1\t1\tdog\n"), "f:1: '-1' is no time in seconds");
}

TEST_F(ExchangeProject, RefusesWholeWhatItDoesNotKnow) {
  const auto message = [&](const std::string& text, const ImportOptions& options) -> std::string {
    try {
      import("x.txt", text, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("0\t1\tcat\n0\t1\tcst\n0\t1\tbird\n", {"clip 1.wav", ""}),
            "x.txt:2: no class of the project: 'bird', 'cst', did you mean 'cat'?");
  EXPECT_NE(message("0\t1\tcat\n", {}).find("no clip of the project is called 'x'"), std::string::npos);
  EXPECT_TRUE(corpus::list_verdicts(catalogue()).empty());
  EXPECT_EQ(message("0\t1\tcat\n", {"clip 1.wav", "ann"}), "");
  EXPECT_EQ(corpus::list_verdicts(catalogue()).at(0).reviewer, "ann");
}

}  // namespace
}  // namespace pupil::review
