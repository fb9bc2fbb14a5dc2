// SPDX-License-Identifier: Apache-2.0
#include "corpus/web_items.h"

#include <gtest/gtest.h>

#include "corpus/clip_removal.h"
#include "corpus/clips.h"
#include "corpus/collect.h"
#include "corpus/database.h"
#include "corpus/status.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

class WebItems : public testing::Test {
 protected:
  WebItems() { options_.thread_count = 1; }

  // Adds an item of the web, and collects a file as its bytes.
  void bring(const std::string& url, unsigned seed, const std::string& author = "Ann") {
    WebItem item{.url = url, .page_url = "page:" + url, .author = author, .licence = "CC-BY-4.0"};
    item.class_name = "bark";
    add_web_item(catalogue_, source_, item);
    SourceItem file;
    file.path = url;
    file.file = dir_.write_wav("harvest/file.wav", make_sound(seed, 1.0, 16000), 16000);
    file.author = author;
    file.licence = "CC-BY-4.0";
    file.given = {{"bark", {}, {}}};
    Source source{"library", "web", {file}, {}, {}};
    collect(catalogue_, store_, {source}, options_);
    settle_web_items(catalogue_, source_);
    std::filesystem::remove(file.file);
  }

  std::map<Fate, std::int64_t> fates() { return count_fates(catalogue_, source_, "bark"); }

  TestFolder dir_;
  Catalogue catalogue_ = Catalogue::create(dir_.path());
  Store store_{dir_.path()};
  CollectOptions options_;
  std::int64_t source_ = web_source(catalogue_, "library");
};

TEST_F(WebItems, AreKnownByTheirUrl) {
  EXPECT_TRUE(add_web_item(catalogue_, source_, {.url = "a"}));
  EXPECT_FALSE(add_web_item(catalogue_, source_, {.url = "a", .title = "other"}));
  EXPECT_TRUE(add_web_item(catalogue_, web_source(catalogue_, "other"), {.url = "a"}));
  EXPECT_EQ(pending_web_items(catalogue_, source_, 0, 10, 10).size(), 1u);
}

TEST_F(WebItems, HaveTheFateThatCollectGaveThem) {
  bring("a", 1);
  bring("b", 2);
  bring("again", 1);
  EXPECT_EQ(fates(), (std::map<Fate, std::int64_t>{{Fate::kept, 2}, {Fate::duplicate, 1}}));
  EXPECT_EQ(count_web_clips(catalogue_, "bark").recording_count, 2);
  EXPECT_EQ(count_web_clips(catalogue_, "bark").author_count, 1);
}

TEST_F(WebItems, AFolderWithTheSameTakeDoesNotTakeTheClipOver) {
  bring("a", 1);
  dir_.write_wav("folder/bark/x.wav", make_sound(1, 1.0, 16000), 16000);
  collect(catalogue_, store_, {read_source(dir_ / "folder", {.licence = "CC0"})}, options_);
  EXPECT_EQ(get_clip(catalogue_, 1).path, "a");
}

TEST_F(WebItems, OnlyTheUnreachableAreTriedAgain) {
  for (const char* url : {"a", "b"}) add_web_item(catalogue_, source_, {.url = url});
  set_fate(catalogue_, 1, Fate::gone, "404");
  set_fate(catalogue_, 2, Fate::unreachable, "timeout");
  EXPECT_TRUE(pending_web_items(catalogue_, source_, 0, 10, 10).empty());
  retry_unreachable(catalogue_, source_);
  ASSERT_EQ(pending_web_items(catalogue_, source_, 0, 10, 10).size(), 1u);
  EXPECT_EQ(list_lost_items(catalogue_).front().detail, "404");
}

TEST_F(WebItems, SearchesGoOnWhereTheyWere) {
  WebQuery query = find_web_query(catalogue_, source_, "bark", "a dog barking");
  query.cursor = "page 2";
  query.request_count = 1;
  set_web_query(catalogue_, query);
  EXPECT_EQ(find_web_query(catalogue_, source_, "bark", "a dog barking").cursor, "page 2");
  EXPECT_EQ(find_web_query(catalogue_, source_, "bark", "other words").cursor, "");
}

TEST_F(WebItems, AScoreIsKeptAndDecidesWhatIsTriedAgain) {
  for (const char* url : {"low", "near", "negative"})
    add_web_item(catalogue_, source_, {.url = url, .hard_negative = std::string_view(url) == "negative"});
  for (const auto& [id, score] : {std::pair{1, 0.1}, {2, 0.4}, {3, 0.7}}) {
    set_score(catalogue_, {.id = id, .score = score, .accepted_count = 2}, "judge");
    set_fate(catalogue_, id, Fate::wrong_class, "");
  }
  const auto tried_again = [&](const char* judge, double least, double most) {
    retry_wrong_class(catalogue_, source_, judge, least, most);
    std::string urls;
    for (const WebItem& item : pending_web_items(catalogue_, source_, 0, 10, 10)) {
      urls += item.url + " ";
      EXPECT_EQ(item.judge, "judge");
      EXPECT_EQ(item.accepted_count, 2);
      set_fate(catalogue_, item.id, Fate::wrong_class, "");
    }
    return urls;
  };
  EXPECT_EQ(tried_again("judge", 0.5, 0.6), "");
  EXPECT_EQ(tried_again("judge", 0.3, 0.6), "near ");
  EXPECT_EQ(tried_again("judge", 0.5, 0.8), "negative ");
  EXPECT_EQ(tried_again("other", 0.5, 0.6), "low near negative ");
}

TEST_F(WebItems, ASearchIsWorthWhatWasAcceptedOfIt) {
  const std::int64_t query = find_web_query(catalogue_, source_, "bark", "a dog barking").id;
  for (const char* url : {"a", "b", "c"}) add_web_item(catalogue_, source_, {.url = url, .query_id = query});
  set_score(catalogue_, {.id = 1, .accepted_count = 5}, "judge");
  set_score(catalogue_, {.id = 2, .accepted_count = 7}, "judge");
  set_fate(catalogue_, 1, Fate::kept, "");
  set_fate(catalogue_, 2, Fate::wrong_class, "");
  set_fate(catalogue_, 3, Fate::licence, "");
  const WebYield yield = find_web_yield(catalogue_, query);
  EXPECT_EQ(yield.tried_count, 2);
  EXPECT_EQ(yield.kept_count, 1);
  EXPECT_EQ(yield.accepted_count, 5);
}

TEST_F(WebItems, RecordingsWithoutADeviceCountTheirAuthors) {
  bring("a", 1, "Ann");
  bring("b", 2, "Bob");
  bring("c", 3, "Ann");
  EXPECT_EQ(count_web_clips(catalogue_, "bark").device_count, 2);
  catalogue_.database().execute("UPDATE web_items SET device = 'recorder' WHERE url <> 'b'");
  EXPECT_EQ(count_web_clips(catalogue_, "bark").device_count, 2);
  catalogue_.database().execute("UPDATE web_items SET device = 'phone' WHERE url = 'c'");
  EXPECT_EQ(count_web_clips(catalogue_, "bark").device_count, 3);
}

TEST_F(WebItems, ForgottenOnesLeaveNothing) {
  bring("a", 1, "Ann");
  bring("b", 2, "Bob");
  const std::string hash = get_clip(catalogue_, 1).hash;
  const RemovedClips removed = remove_clips(catalogue_, "Ann");
  EXPECT_EQ(removed.clip_count, 1);
  EXPECT_FALSE(store_.contains(hash));
  EXPECT_EQ(fates(), (std::map<Fate, std::int64_t>{{Fate::kept, 1}, {Fate::forgotten, 1}}));
  const CatalogueStatus status = read_status(catalogue_);
  EXPECT_EQ(status.clip_count, 1);
  EXPECT_EQ(status.recording_count, 1);
  ASSERT_EQ(status.labels.size(), 1u);
  EXPECT_EQ(status.labels[0].clip_count[0] + status.labels[0].clip_count[1] + status.labels[0].clip_count[2],
            1);
  EXPECT_NEAR(status.duration_s, 1.0, 1e-6);
  EXPECT_EQ(remove_clips(catalogue_, "page:b").clip_count, 1);
}

TEST_F(WebItems, LicencesThatAreNotAllowedAreSetAside) {
  options_.licences_allowed = {"CC0-1.0"};
  bring("a", 1);
  EXPECT_EQ(fates(), (std::map<Fate, std::int64_t>{{Fate::licence, 1}}));
}

}  // namespace
}  // namespace pupil::corpus
