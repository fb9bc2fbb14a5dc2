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
  int count = 4;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "a model");
    v.positionals("FILE", files, 0, "files");
    v.list("--text", "TEXT", texts, "texts");
    v.list("--size", "SIZE", sizes, "sizes");
    v.value("--level", "DB", level_db, "level");
    v.value("--count", "N", count, "how many");
    v.flag("--json", json, "JSON");
  }
};

Sample parse(std::vector<std::string> words) { return parse_options<Sample>("sample", "a sample", "", words); }

std::string usage_error(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ValuesFlagsListsAndWords) {
  const Sample sample = parse({"m.pupil", "--text", "a dog", "rain", "--count=7", "--level", "-12", "--json", "a.wav", "-"});
  EXPECT_EQ(sample.model, "m.pupil");
  EXPECT_EQ(sample.files, (std::vector<std::string>{"a.wav", "-"}));
  EXPECT_EQ(sample.texts, (std::vector<std::string>{"a dog", "rain"}));
  EXPECT_EQ(sample.count, 7);
  EXPECT_EQ(sample.level_db, -12.0);
  EXPECT_TRUE(sample.json);
}

TEST(Options, TypedListReplacesItsDefault) {
  EXPECT_EQ(parse({"m"}).sizes, std::vector<std::string>{"small"});
  EXPECT_EQ(parse({"m", "--size", "tiny", "base", "--json", "--size", "own"}).sizes,
            (std::vector<std::string>{"tiny", "base", "own"}));
}

TEST(Options, TwoDashesEndTheOptions) {
  EXPECT_EQ(parse({"m", "--", "--odd-name.wav"}).files, std::vector<std::string>{"--odd-name.wav"});
}

TEST(Options, ErrorsNameTheWordAndTheNearestOption) {
  EXPECT_EQ(usage_error({"m", "--cuont", "3"}),
            "unknown option --cuont, did you mean '--count'? (see pupil sample --help)");
  EXPECT_EQ(usage_error({"m", "--count", "3x"}), "--count: expected a whole number, found '3x'");
  EXPECT_EQ(usage_error({"m", "--count"}), "--count: N is missing");
  EXPECT_EQ(usage_error({}), "MODEL is missing; usage: pupil sample MODEL [FILE...] [options]");
}

TEST(Options, HelpListsEveryOptionWithItsDefault) {
  try {
    parse({"--help"});
    FAIL();
  } catch (const HelpRequested& help) {
    EXPECT_NE(help.text.find("--level DB"), std::string::npos);
    EXPECT_NE(help.text.find("(default: -3.5)"), std::string::npos);
  }
}

TEST(Options, TheSameListMakesTheRecord) {
  Sample sample;
  sample.model = "x";
  EXPECT_EQ(options_json(sample).dump(),
            R"({"MODEL":"x","FILE":[],"--text":[],"--size":["small"],"--level":-3.5,"--count":4,"--json":false})");
}

}  // namespace
}  // namespace pupil::cli
