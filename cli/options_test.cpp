// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::cli {
namespace {

struct Sample {
  std::string model;
  std::vector<std::string> files;
  std::vector<std::string> texts;
  std::vector<std::string> sizes = {"small"};
  double level_db = -3.5;
  std::int64_t count = 4;
  std::vector<double> ratios = {0};
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "a model");
    v.positionals("FILE", files, 0, "files");
    v.list("--text", "TEXT", texts, "texts");
    v.list("--size", "SIZE", sizes, "sizes");
    v.value("--level", "DB", level_db, Range{-100, 100}, "level");
    v.value("--count", "N", count, Range{1, 1024}, "how many");
    v.list("--ratio", "DB", ratios, Range{-30, 30}, "ratios");
    v.flag("--json", json, "JSON");
  }
};

struct Writer {
  std::string out;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.value("--out", "FILE", out, "where to");
  }
};

Sample parse(std::vector<std::string> words) {
  return parse_options<Sample>("sample", "a sample", "", words);
}

std::string usage_error(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ValuesFlagsListsAndWords) {
  const Sample sample =
      parse({"m.pupil", "--text", "a dog", "rain", "--count=7", "--level", "-12", "--json", "a.wav", "-"});
  EXPECT_EQ(sample.model, "m.pupil");
  EXPECT_EQ(sample.files, (std::vector<std::string>{"a.wav", "-"}));
  EXPECT_EQ(sample.texts, (std::vector<std::string>{"a dog", "rain"}));
  EXPECT_EQ(sample.count, 7);
  EXPECT_EQ(sample.level_db, -12.0);
  EXPECT_TRUE(sample.json);
}

TEST(Options, ShortOutIsOut) {
  const std::vector<std::string> words = {"-o", "page.html"};
  EXPECT_EQ(parse_options<Writer>("writer", "writes", "", words).out, "page.html");
  EXPECT_NE(usage_error({"m", "-o", "x"}).find("unknown option --out"), std::string::npos);
}

TEST(Options, TypedListReplacesItsDefault) {
  EXPECT_EQ(parse({"m"}).sizes, std::vector<std::string>{"small"});
  EXPECT_EQ(parse({"m", "--size", "tiny", "base", "--json", "--size", "own"}).sizes,
            (std::vector<std::string>{"tiny", "base", "own"}));
}

TEST(Options, TwoDashesEndTheOptions) {
  EXPECT_EQ(parse({"m", "--", "--odd-name.wav"}).files, std::vector<std::string>{"--odd-name.wav"});
}

TEST(Options, TwoDashesEndAList) {
  const Sample sample = parse({"--text", "a dog", "--", "m", "a.wav"});
  EXPECT_EQ(sample.model, "m");
  EXPECT_EQ(sample.files, std::vector<std::string>{"a.wav"});
  EXPECT_EQ(sample.texts, std::vector<std::string>{"a dog"});
  EXPECT_EQ(usage_error({"m", "--count", "--"}), "--count: N is missing");
}

TEST(Options, NumbersAreDecimalAndInTheirRange) {
  EXPECT_EQ(parse({"m", "--level", "-12.5e0", "--ratio", "-5", "10"}).ratios, (std::vector<double>{-5, 10}));
  for (const char* word : {"", " 3", "3 ", "+3", "0x3", "3.0", "1e2", "0", "1025", "-3", "4294967297",
                           "18446744073709551617", "nan"}) {
    EXPECT_EQ(usage_error({"m", std::string("--count=") + word}),
              std::string("--count: expected a whole number from 1 to 1024, found '") + word + "'");
  }
  for (const char* word : {"", " 1", "1 ", "0x1", "inf", "nan", "1e999", "100.1", "-101", "1,5", "e"}) {
    EXPECT_EQ(usage_error({"m", std::string("--level=") + word}),
              std::string("--level: expected a number from -100 to 100, found '") + word + "'");
  }
  EXPECT_EQ(usage_error({"m", "--ratio", "3", "x"}), "--ratio: expected a number from -30 to 30, found 'x'");
}

TEST(Options, OneDashIsNoOptionOfOurs) {
  EXPECT_EQ(usage_error({"m", "-json"}),
            "unknown option -json, did you mean '--json'? (see pupil sample --help)");
  EXPECT_EQ(parse({"m", "-", "-5", "--", "-q.wav"}).files, (std::vector<std::string>{"-", "-5", "-q.wav"}));
}

TEST(Options, EmptyWordsAreRefused) {
  EXPECT_EQ(usage_error({"", "a.wav"}).substr(0, 15), "MODEL is empty;");
  EXPECT_EQ(usage_error({"m", ""}).substr(0, 14), "FILE is empty;");
}

TEST(Options, ErrorsNameTheWordAndTheNearestOption) {
  EXPECT_EQ(usage_error({"m", "--cuont", "3"}),
            "unknown option --cuont, did you mean '--count'? (see pupil sample --help)");
  EXPECT_EQ(usage_error({"m", "--count", "3x"}),
            "--count: expected a whole number from 1 to 1024, found '3x'");
  EXPECT_EQ(usage_error({"m", "--count"}), "--count: N is missing");
  EXPECT_EQ(usage_error({}), "MODEL is missing; usage: pupil sample MODEL [FILE...] [options]");
}

TEST(Options, HelpListsEveryOptionWithItsDefault) {
  try {
    parse({"--help"});
    FAIL();
  } catch (const HelpRequested& help) {
    EXPECT_NE(help.text.find("--level DB"), std::string::npos);
    EXPECT_NE(help.text.find("(-100 to 100, default: -3.5)"), std::string::npos);
  }
}

std::string answer(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const HelpRequested& help) {
    return help.text;
  }
  return "no answer";
}

TEST(Options, TheSameListMakesTheManualPage) {
  const std::string page = answer({std::string(kManualWord)});
  EXPECT_NE(page.find(".SS pupil sample MODEL [FILE...] [options]\na sample.\n"), std::string::npos) << page;
  EXPECT_NE(page.find(".BI \\-\\-level \" DB\"\nlevel (\\-100 to 100, default: \\-3.5)\n"), std::string::npos)
      << page;
  EXPECT_EQ(roff(".dot 'x\\"), "\\&.dot \\(aqx\\e");
}

TEST(Options, TheSameListCompletesWhatIsTyped) {
  const std::string asked(kCompleteWord);
  EXPECT_EQ(answer({"m", "--l", asked}), "--level\tlevel (-100 to 100, default: -3.5)\n");
  EXPECT_EQ(answer({"--help", "--he", asked}), "--help\tthis text\n") << "the last word counts";
  EXPECT_EQ(answer({"--level", "-", asked}), "") << "a value";
  EXPECT_EQ(answer({"m", "a", asked}), "") << "a file";
  EXPECT_EQ(answer({"m", "--", "--l", asked}), "") << "no option";
}

TEST(Options, TheSameListMakesTheRecord) {
  Sample sample;
  sample.model = "x";
  EXPECT_EQ(
      options_json(sample).dump(),
      R"({"MODEL":"x","FILE":[],"--text":[],"--size":["small"],"--level":-3.5,"--count":4,"--ratio":[0],"--json":false})");
}

}  // namespace
}  // namespace pupil::cli
