// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::report {
namespace {

TEST(Escaped, MarkupBecomesText) {
  EXPECT_EQ(escaped("<script>alert('x') & \"y\"</script>"),
            "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;");
}

TEST(Escaped, LettersOfAllAlphabetsStay) {
  EXPECT_EQ(escaped("Hündchen 犬 🐕"), "Hündchen 犬 🐕");
}

TEST(Escaped, BytesThatAreNoUtf8AndControlsAreReplaced) {
  EXPECT_EQ(escaped("a\xFF\x01z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(escaped("\xC3"), "\xEF\xBF\xBD");              // cut short
  EXPECT_EQ(escaped("\xC3<b>"), "\xEF\xBF\xBD&lt;b&gt;");  // does not swallow what follows
}

TEST(DataUri, PadsAsBase64Does) {
  const auto uri = [](std::string_view text) { return data_uri("a/b", std::as_bytes(std::span(text))); };
  EXPECT_EQ(uri("Man"), "data:a/b;base64,TWFu");
  EXPECT_EQ(uri("Ma"), "data:a/b;base64,TWE=");
  EXPECT_EQ(uri("M"), "data:a/b;base64,TQ==");
  EXPECT_EQ(uri(""), "data:a/b;base64,");
}

TEST(TableHtml, EscapesWhatIsText) {
  const std::string html = table_html({"<caption>", {"<b>"}, {{"1 < 2"}}});
  EXPECT_NE(html.find("&lt;caption&gt;"), std::string::npos);
  EXPECT_NE(html.find("&lt;b&gt;"), std::string::npos);
}

TEST(FindPath, AbsentNullAndMisshapenAreTheSame) {
  const Json json = parse_json(R"({"a": {"b": 2, "c": null}, "d": [1]})");
  EXPECT_DOUBLE_EQ(number_at(json, {"a", "b"}), 2);
  EXPECT_EQ(find_path(json, {"a", "c"}), nullptr);
  EXPECT_EQ(find_path(json, {"a", "b", "x"}), nullptr);
  EXPECT_EQ(find_path(json, {"d", "x"}), nullptr);
  EXPECT_TRUE(std::isnan(number_at(json, {"d"})));
  EXPECT_EQ(text_at(json, {"a", "b"}), "");
  EXPECT_EQ(list_at(json, {"d"}).size(), 1U);
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(percent(0.934), "93.4 %");
  EXPECT_EQ(percent(std::nan("")), "–");
  const Json interval = parse_json(R"({"value": 0.5, "low": 0.4, "high": 0.6})");
  EXPECT_EQ(percent_interval(&interval), "50.0 % (40.0 to 60.0)");
  const Json lonely = parse_json(R"({"value": 0.5, "low": null, "high": null})");
  EXPECT_EQ(percent_interval(&lonely), "50.0 %");
  EXPECT_EQ(percent_interval(nullptr), "–");
}

}  // namespace
}  // namespace pupil::report
