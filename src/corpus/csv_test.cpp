// SPDX-License-Identifier: Apache-2.0
#include "corpus/csv.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::corpus {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read_all(std::string_view text) {
  CsvReader reader(text, "t.csv");
  Records records;
  for (std::vector<std::string> fields; reader.next(fields);) records.push_back(fields);
  return records;
}

std::string error_of(std::string_view text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Csv, ReadsPlainFields) {
  EXPECT_EQ(read_all("a,b\n1,2\n"), (Records{{"a", "b"}, {"1", "2"}}));
}

TEST(Csv, KeepsEmptyFieldsAndLastLineWithoutEnd) {
  EXPECT_EQ(read_all(",\na,"), (Records{{"", ""}, {"a", ""}}));
}

TEST(Csv, ReadsQuotes) {
  EXPECT_EQ(read_all("\"a,b\",\"say \"\"hi\"\"\",\"\"\n"), (Records{{"a,b", "say \"hi\"", ""}}));
}

TEST(Csv, KeepsLineEndsWithinQuotes) {
  EXPECT_EQ(read_all("\"a\r\nb\nc\",d\r\n"), (Records{{"a\r\nb\nc", "d"}}));
}

TEST(Csv, PassesOverMarkAndBlankLines) {
  EXPECT_EQ(read_all("\xef\xbb\xbf\r\na\r\n\r\n\nb\r\n"), (Records{{"a"}, {"b"}}));
}

TEST(Csv, CountsLinesThroughQuotedLineEnds) {
  CsvReader reader("a\n\"1\n2\n3\"\nb\n", "t.csv");
  std::vector<std::string> fields;
  for (const std::int64_t line : {1, 2, 5}) {
    ASSERT_TRUE(reader.next(fields));
    EXPECT_EQ(reader.line(), line);
  }
}

TEST(Csv, NamesFileAndLineOfFaults) {
  EXPECT_EQ(error_of("a,b\n1\n"), "t.csv:2: 1 fields, but the header has 2 columns");
  EXPECT_EQ(error_of("a\n\n\"x"), "t.csv:3: a quote is opened and never closed");
  EXPECT_EQ(error_of("a\nx\"y\n"), "t.csv:2: a quote within a field that does not begin with one");
  EXPECT_NE(error_of("a\n\"x\"y\n").find("t.csv:2: text behind a closing quote"), std::string::npos);
  EXPECT_NE(error_of(std::string_view("a\nx\0y\n", 6)).find("t.csv:2: a NUL byte"), std::string::npos);
  EXPECT_EQ(error_of("a,a\n"), "t.csv:1: two columns are named 'a'");
  EXPECT_EQ(error_of(""), "t.csv: no header row (file is empty)");
}

TEST(Csv, FindsTheSeparatorInTheHeader) {
  EXPECT_EQ(read_all("a;b\n\"1;x\";2,5\n"), (Records{{"a", "b"}, {"1;x", "2,5"}}));
  EXPECT_EQ(read_all("\xef\xbb\xbfpath\tlabel\r\nx y.wav\tbark, loud\r\n"),
            (Records{{"path", "label"}, {"x y.wav", "bark, loud"}}));
  EXPECT_EQ(read_all("a,b\n1;2,3;4\n"), (Records{{"a", "b"}, {"1;2", "3;4"}}));
  EXPECT_EQ(read_all("\"a;b;c\",d\n1,2\n"), (Records{{"a;b;c", "d"}, {"1", "2"}}));
  EXPECT_EQ(read_all("\n\na;b\n1;2\n"), (Records{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(read_all("sep=;\r\na,b;c\r\n"), (Records{{"a,b", "c"}}));
  EXPECT_EQ(read_all("one\n1;2\n"), (Records{{"one"}, {"1;2"}}));
}

TEST(Csv, RefusesUtf16) {
  EXPECT_EQ(error_of(std::string_view("\xff\xfe"
                                      "a\0",
                                      4)),
            "t.csv: UTF-16 text; save it as UTF-8");
  EXPECT_EQ(error_of(std::string_view("\xfe\xff"
                                      "\0a",
                                      4)),
            "t.csv: UTF-16 text; save it as UTF-8");
}

TEST(Csv, NamesTheNearestColumn) {
  const CsvTable table = parse_csv("path,label\nx,y\n", "t.csv");
  EXPECT_EQ(table.column("label"), 1u);
  try {
    table.column("labels");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "t.csv:1: no column 'labels', did you mean 'label'? (columns: path, label)");
  }
}

}  // namespace
}  // namespace pupil::corpus
