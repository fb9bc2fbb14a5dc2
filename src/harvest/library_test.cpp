// SPDX-License-Identifier: Apache-2.0
// Requests and answers of every library as they are documented; answers of other shapes give nothing and do no harm.

#include "harvest/library.h"

#include <gtest/gtest.h>

namespace pupil::harvest {
namespace {

Page read(const Library& library, const char* answer, const std::string& cursor = {}) {
  return library.read(std::string(library.endpoint), parse_json(answer), cursor);
}

TEST(Libraries, AskAsDocumented) {
  EXPECT_EQ(
      kFreesound.page("http://f", {"dog bark", 30}, "").url,
      "http://f/apiv2/search/?query=dog%20bark&filter=duration%3A%5B0.2%20TO%2030%5D&fields=id%2Cname%2Curl%2C"
      "username%2Clicense%2Cduration%2Cpreviews%2Cmd5%2Cgen_ai_preference%2Cpack&page_size=150&page=1");
  const fetch::Request by_meaning = kFreesound.page("http://f", {"", 30, {0.5F, -0.1F, 1e-5F}}, "2");
  EXPECT_TRUE(by_meaning.url.starts_with("http://f/apiv2/search/?similarity_space=laion_clap&filter="))
      << by_meaning.url;
  EXPECT_EQ(by_meaning.url.find("query="), std::string::npos);
  EXPECT_EQ(by_meaning.secret_query, "similar_to=0.5,-0.1,1e-05");
  EXPECT_EQ(kOpenverse.page("http://o", {"dog", 30}, "3").url,
            "http://o/v1/audio/?q=dog&page_size=20&page=3");
  EXPECT_EQ(kXenoCanto.page("http://x", {"Great Tit", 30}, "").url,
            "http://x/api/3/recordings?query=en%3A%22Great%20Tit%22%20len%3A%22%3C30%22&page=1");
  EXPECT_NE(kInaturalist.page("http://i", {"Canis", 30}, "7").url.find("id_above=7"), std::string::npos);
}

TEST(Libraries, ReadFreesound) {
  const Page page = read(kFreesound, R"({"count": 301, "next": "http://f/apiv2/search/?page=2", "results": [
    {"id": 12, "name": "Bark", "url": "http://f/s/12", "username": "ann", "license": "Attribution NonCommercial",
     "duration": 2.5, "gen_ai_preference": "no", "previews": {"preview-hq-ogg": "http://f/12.ogg"}}]})");
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].url, "freesound:12");
  EXPECT_EQ(page.items[0].licence, "CC-BY-NC");
  EXPECT_EQ(page.items[0].fetch_url, "http://f/12.ogg");
  EXPECT_EQ(page.items[0].preferences, "gen_ai_preference=no");
  EXPECT_EQ(page.next, "2");
  EXPECT_EQ(page.total, 301);
}

TEST(Libraries, ReadOpenverse) {
  const Page page = read(kOpenverse, R"({"result_count": 40, "page_count": 2, "results": [
    {"id": "a-b", "title": "Dog", "creator": "Bob", "license": "by-sa", "license_version": "4.0", "duration": 1500,
     "foreign_landing_url": "http://w/1", "url": "http://w/1.ogg"}]})",
                         "2");
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].licence, "CC-BY-SA-4.0");
  EXPECT_DOUBLE_EQ(page.items[0].duration_s, 1.5);
  EXPECT_EQ(page.next, "");
}

TEST(Libraries, ReadAllFilesOfCommonsWithoutTheirOrder) {
  const Page page = read(kCommons, R"({"query": {"pages": {
    "9": {"pageid": 9, "imageinfo": [{"url": "http://c/b.ogg"}]},
    "7": {"pageid": 7, "imageinfo": [{"url": "http://c/a.ogg"}]}}}})");
  EXPECT_EQ(page.items.size(), 2u);
}

TEST(Libraries, ReadCommons) {
  const Page page = read(kCommons, R"({"continue": {"gsroffset": 50}, "query": {"pages": {
    "9": {"pageid": 9, "index": 2, "title": "File:B.ogg", "imageinfo": [{"url": "http://c/b.ogg"}]},
    "7": {"pageid": 7, "index": 1, "title": "File:A.ogg", "imageinfo": [{"url": "http://c/a.ogg", "duration": 3.5,
      "descriptionurl": "http://c/A", "extmetadata": {"LicenseShortName": {"value": "CC BY-SA 3.0"},
      "Artist": {"value": "<a href='x'>Ann</a>"}}}]}}}})");
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].url, "commons:7");
  EXPECT_EQ(page.items[0].author, "Ann");
  EXPECT_EQ(page.items[0].licence, "CC-BY-SA-3.0");
  EXPECT_EQ(page.next, "50");
}

TEST(Libraries, ReadTheArchive) {
  const Page page = read(kArchive, R"({"response": {"numFound": 120, "start": 0, "docs": [
    {"identifier": "it", "title": "T", "creator": ["A", "B"],
     "licenseurl": "http://creativecommons.org/licenses/by/3.0/"}]}})");
  ASSERT_EQ(page.items.size(), 1u);
  WebItem item = page.items[0];
  EXPECT_EQ(item.author, "A, B");
  EXPECT_EQ(item.licence, "CC-BY-3.0");
  EXPECT_EQ(page.next, "2");
  EXPECT_EQ(kArchive.details("http://a", item).url, "http://a/metadata/it");
  EXPECT_TRUE(kArchive.complete("http://a", parse_json(R"({"files": [{"name": "x.png", "format": "PNG"},
    {"name": "a b.mp3", "format": "VBR MP3", "length": "1:02"}]})"),
                                item));
  EXPECT_EQ(item.fetch_url, "http://a/download/it/a%20b.mp3");
  EXPECT_DOUBLE_EQ(item.duration_s, 62);
  EXPECT_EQ(item.preview_url, "");
  EXPECT_TRUE(kArchive.complete(
      "http://a", parse_json(R"({"files": [{"name": "x.flac", "format": "FLAC", "length": "3.5"},
    {"name": "x.mp3", "format": "VBR MP3", "original": "x.flac"}, {"name": "y_64kb.mp3", "format": "64Kbps MP3", "original": "y.flac"},
    {"name": "x_64kb.mp3", "format": "64Kbps MP3", "original": "x.flac"}]})"),
      item));
  EXPECT_EQ(item.fetch_url, "http://a/download/it/x.flac");
  EXPECT_EQ(item.preview_url, "http://a/download/it/x_64kb.mp3");
  EXPECT_FALSE(kArchive.complete("http://a", parse_json(R"({"files": []})"), item));
}

TEST(Libraries, ReadXenoCanto) {
  const Page page = read(kXenoCanto, R"({"numRecordings": "2", "page": 1, "numPages": 2, "recordings": [
    {"id": "5", "gen": "Parus", "sp": "major", "en": "Great Tit", "rec": "Jo", "type": "song", "length": "0:31", "dvc": "recorder",
     "url": "//xeno-canto.org/5", "file": "//xeno-canto.org/5/download", "lic": "//creativecommons.org/licenses/by-nc-nd/4.0/"},
    {"id": "6", "file": ""}]})");
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].fetch_url, "https://xeno-canto.org/5/download");
  EXPECT_EQ(page.items[0].licence, "CC-BY-NC-ND-4.0");
  EXPECT_DOUBLE_EQ(page.items[0].duration_s, 31);
  EXPECT_EQ(page.items[0].device, "recorder");
  EXPECT_EQ(page.items[1].fetch_url, "");
  EXPECT_EQ(page.next, "2");
}

TEST(Libraries, ReadInaturalist) {
  const Page page = read(kInaturalist, R"({"total_results": 1, "results": [{"id": 3, "uri": "http://i/3",
    "user": {"login": "li"}, "taxon": {"name": "Canis"},
    "sounds": [{"id": 8, "file_url": "http://i/8.wav", "license_code": "cc-by-nc"}, {"id": 9}]}]})");
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].recording, "inaturalist:3");
  EXPECT_EQ(page.items[0].licence, "CC-BY-NC");
  EXPECT_EQ(page.next, "");
}

TEST(Libraries, AnswersOfOtherShapesGiveNothing) {
  for (const Library* library : libraries()) {
    for (const char* answer :
         {"{}", "[]", "null", "7", R"({"results": 7, "response": [], "query": {"pages": []}})",
          R"({"results": [null, 7, {"id": {}}], "recordings": [[]], "count": "x",
                                   "response": {"docs": [7]}, "query": {"pages": {"a": 7}}})"}) {
      EXPECT_TRUE(read(*library, answer).items.empty()) << library->name << " " << answer;
    }
  }
}

}  // namespace
}  // namespace pupil::harvest
