// SPDX-License-Identifier: Apache-2.0
#include "listen/listen_config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "listen/sink_factory.h"

namespace pupil::listen {
namespace {

std::string fault(std::string_view text) {
  try {
    const ListenConfig config = parse_listen_config(text, "listen.toml");
    Gauges gauges;
    make_sinks(config, {nullptr, "", &gauges, nullptr, "0"});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr std::string_view kModel = "[[model]]\npath = \"yard.pupil\"\n";

TEST(ListenConfig, TheWrittenOneReadsAsTheDefaults) {
  const ListenConfig config = parse_listen_config(listen_config_text("yard.pupil"), "listen.toml");
  EXPECT_EQ(config.models.front().name, "yard");
  EXPECT_EQ(config.sources.front().input, "mic");
  EXPECT_EQ(config.events, EventRule());
}

TEST(ListenConfig, TheWrittenOneHasTheInputAndHomeThatWereGiven) {
  const ListenConfig config =
      parse_listen_config(listen_config_text("yard.pupil", "mic:USB", "/var/lib/pupil"), "listen.toml");
  EXPECT_EQ(config.sources.front().input, "mic:USB");
  EXPECT_EQ(config.listen.home, "/var/lib/pupil");
}

TEST(ListenConfig, LaterRulesOverrideEarlierOnes) {
  const ListenConfig config = parse_listen_config(
      std::string(kModel) +
          "[[source]]\nname = \"yard\"\n[events]\nvotes = 3\nof = 5\n"
          "[[rule]]\nclass = \"bark\"\nthreshold = 0.7\nquiet = [\"22:00-06:00\"]\n"
          "[[rule]]\nsource = \"yard\"\nclass = \"bark\"\nthreshold = 0\ncool_down_s = 60\n",
      "listen.toml");
  const EventRule bark = config.rule_of("yard", "bark", 0.4);
  EXPECT_EQ(bark.threshold, 0.4) << "0 is the model's own";
  EXPECT_EQ(bark.votes, 3);
  EXPECT_EQ(bark.cool_down_s, 60);
  EXPECT_EQ(bark.quiet.size(), 1U);
  EXPECT_EQ(config.rule_of("elsewhere", "bark", 0.4).threshold, 0.7);
  EXPECT_EQ(config.rule_of("yard", "howl", 0.4).threshold, 0.4);
}

TEST(ListenConfig, VotesSuitThePaceUnlessTheyAreGiven) {
  const auto votes = [](const std::string& text) {
    const EventRule rule =
        parse_listen_config(std::string(kModel) + text, "listen.toml").rule_of("a", "bark", 0.4);
    return std::pair(rule.votes, rule.of);
  };
  EXPECT_EQ(votes(""), std::pair(std::int64_t{6}, std::int64_t{10}));
  EXPECT_EQ(votes("[listen]\nhop_ms = 500\n"), std::pair(std::int64_t{2}, std::int64_t{3}));
  EXPECT_EQ(votes("[listen]\nhop_ms = 500\n[events]\nvotes = 1\nof = 1\n"),
            std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(votes("[[rule]]\nclass = \"bark\"\nvotes = 4\nof = 6\n"),
            std::pair(std::int64_t{4}, std::int64_t{6}));
  EXPECT_EQ(votes("[[rule]]\nclass = \"bark\"\nvotes = 3\n"), std::pair(std::int64_t{3}, std::int64_t{10}));
  EXPECT_EQ(votes("[events]\nof = 5\n"), std::pair(std::int64_t{5}, std::int64_t{5}));
  EXPECT_EQ(fault(std::string(kModel) + "[[rule]]\nvotes = 11\n"),
            "listen.toml:4: [rule] votes: are more than `of`");
}

TEST(ListenConfig, SaysWhatIsWrongAndWhere) {
  const std::string model(kModel);
  EXPECT_EQ(fault("[listen]\n"), "listen.toml: no [[model]]: name a .pupil file");
  EXPECT_EQ(fault(model + "[evnets]\nvotes = 1\n"),
            "listen.toml:3: evnets: unknown key or section, did you mean 'events'?");
  EXPECT_EQ(
      fault(model + "[[source]]\nname = \"a b\"\n"),
      "listen.toml:4: [source] name: \"a b\" may have letters, digits, - and _ alone: sinks make topics of it");
  EXPECT_EQ(fault(model + "[[source]]\nname = \"a\"\n[[source]]\nname = \"a\"\n"),
            "listen.toml:6: [source] name: two sources are called \"a\"");
  EXPECT_EQ(fault(model + "[[rule]]\nsource = \"yrad\"\n"),
            "listen.toml:4: [rule] source: there is no source \"yrad\"");
  EXPECT_EQ(fault(model + "[[rule]]\nquiet = [\"22-6\"]\n"),
            "listen.toml:4: [rule] quiet: \"22-6\" are no hours: write \"22:00-06:30\"");
  EXPECT_EQ(fault(model + "[[sink]]\nkind = \"terminl\"\n").substr(0, 71),
            "listen.toml:4: [sink] kind: \"terminl\" is not known, did you mean 'termi");
  EXPECT_EQ(
      fault(model + "[clips]\nkeep = \"always\"\n"),
      "listen.toml:4: [clips] keep: \"always\" is not known; choose one of \"never\", \"events\", \"unless speech\"");
}

TEST(QuietHours, GoOverMidnight) {
  const QuietHours night = parse_quiet_hours("22:00-06:30");
  EXPECT_TRUE(night.covers(23 * 60));
  EXPECT_TRUE(night.covers(0));
  EXPECT_TRUE(night.covers(6 * 60 + 29));
  EXPECT_FALSE(night.covers(6 * 60 + 30));
  const QuietHours noon = parse_quiet_hours("12:00-14:00");
  EXPECT_TRUE(noon.covers(13 * 60));
  EXPECT_FALSE(noon.covers(14 * 60));
  EXPECT_TRUE(parse_quiet_hours("00:00-24:00").covers(24 * 60 - 1));
}

}  // namespace
}  // namespace pupil::listen
