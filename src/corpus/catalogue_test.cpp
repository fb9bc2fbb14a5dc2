// SPDX-License-Identifier: Apache-2.0
#include "corpus/catalogue.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "corpus/clip_metadata.h"
#include "corpus/clip_writer.h"
#include "corpus/database.h"
#include "corpus/judgements.h"
#include "corpus/models.h"
#include "corpus/schema.h"
#include "corpus/status.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/web_items.h"

namespace pupil::corpus {
namespace {

std::string error_of_open(const std::filesystem::path& dir) {
  try {
    Catalogue::open(dir);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void run_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
  sqlite3_close(raw);
}

TEST(Catalogue, IsMadeAndOpenedAgain) {
  const TestFolder dir;
  { Catalogue::create(dir.path()); }
  Catalogue again = Catalogue::open(dir.path());
  EXPECT_EQ(read_status(again).clip_count, 0);
}

TEST(Catalogue, IsItsThreadsAlone) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  std::thread([&] {
    EXPECT_THROW(catalogue.database().query("SELECT 1"), std::logic_error);
    EXPECT_THROW(Transaction transaction(catalogue), std::logic_error);
  }).join();
  EXPECT_TRUE(catalogue.database().query("SELECT 1").step());
}

TEST(Catalogue, RefusesAValueThatCannotBeBound) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  auto query = catalogue.database().query("SELECT ?1");
  query.bind(std::int64_t{1});
  EXPECT_THROW(query.bind("one too many"), Error);
}

TEST(Catalogue, SaysWhenThereIsNone) {
  const TestFolder dir;
  EXPECT_NE(error_of_open(dir.path()).find("no catalogue yet"), std::string::npos);
  EXPECT_NE(error_of_open(dir / "absent").find("no such folder"), std::string::npos);
}

TEST(Catalogue, RefusesWhatIsNone) {
  const TestFolder dir;
  dir.write("catalogue.db", "this is a text file and not a database, however long one makes it");
  EXPECT_NE(error_of_open(dir.path()).find("not a catalogue"), std::string::npos);
}

TEST(Catalogue, RefusesADatabaseOfAnotherProgram) {
  const TestFolder dir;
  run_sql(dir / "catalogue.db", "CREATE TABLE t (x)");
  EXPECT_NE(error_of_open(dir.path()).find("not a catalogue"), std::string::npos);
}

TEST(Catalogue, RefusesANewerVersion) {
  const TestFolder dir;
  { Catalogue::create(dir.path()); }
  run_sql(dir / "catalogue.db", "PRAGMA user_version = 99");
  EXPECT_NE(error_of_open(dir.path()).find("written by a newer pupil (catalogue version 99"),
            std::string::npos);
}

// A catalogue of version 1 with rows: two clips of a test recording, one of them labelled, and windows.
constexpr const char* kVersion1Rows = R"sql(
INSERT INTO sources VALUES (1, '/sounds', 'folder');
INSERT INTO licences VALUES (1, 'CC0');
INSERT INTO classes VALUES (1, 'bark');
INSERT INTO configs VALUES (1, 'windows', 'h', '{}', 1);
INSERT INTO recordings VALUES (1, 'take', 2, 0);
INSERT INTO clips VALUES (1, 1, 1, 'a.wav', 10, 20, 'i', NULL, '', 1, '', 1500, 32000, 1, 'pcm_s16le'),
                         (2, 1, 1, 'b.wav', 10, 20, 'i', NULL, '', 1, '', 2500, 32000, 1, 'pcm_s16le');
INSERT INTO truths VALUES (1, 1, 1, NULL, NULL);
INSERT INTO views VALUES (1, 1, 0, 0, NULL, '', 'aa', 32000, 48000, -60, NULL, NULL, NULL),
                         (2, 2, 0, 0, NULL, '', 'bb', 32000, 80000, -60, NULL, NULL, NULL);
INSERT INTO windows VALUES (1, 1, 1, 0, 32000, 3.0), (2, 2, 1, 0, 32000, 4.0), (3, 2, 1, 16000, 32000, 4.0);
)sql";

TEST(Catalogue, MigratesVersion1WithItsCounts) {
  const TestFolder dir;
  {
    Database old(dir / "catalogue.db", DatabaseAccess::create);
    migrate_to(old, "old", 1);
    old.execute(kVersion1Rows);
  }
  Catalogue catalogue = Catalogue::open(dir.path());
  const CatalogueStatus status = read_status(catalogue);
  EXPECT_EQ(status.splits[2].clip_count, 2);
  EXPECT_DOUBLE_EQ(status.duration_s, 4.0);
  ASSERT_EQ(status.labels.size(), 2u);
  EXPECT_EQ(status.labels[0].label, "");
  EXPECT_EQ(status.labels[1].clip_count[2], 1);
  EXPECT_EQ(count_results(catalogue, 1), 3);
  EXPECT_EQ(get_clip(catalogue, 1).given, (std::vector<GivenLabel>{{"bark", {}, {}}}));
}

// A view that the separator found silent, one that a teacher called destroyed, one that the separator did.
constexpr const char* kVersion2Views = R"sql(
INSERT INTO configs VALUES (2, 'separate', 's', '{}', 2);
INSERT INTO views VALUES (3, 1, 1, 1, 2, 'a', 'cc', 32000, 48000, -60, 0.0, -1, NULL),
                         (4, 1, 1, 2, 2, 'b', 'dd', 32000, 48000, -60, 0.5, -20, -0.8),
                         (5, 2, 1, 2, 2, 'b', 'ee', 32000, 80000, -60, 0.5, -20, NULL);
)sql";

TEST(Catalogue, MigratesVersion2WithoutJudgementsOfAnUnknownTeacher) {
  const TestFolder dir;
  {
    Database old(dir / "catalogue.db", DatabaseAccess::create);
    migrate_to(old, "old", 2);
    old.execute(kVersion1Rows);
    old.execute(kVersion2Views);
  }
  Catalogue catalogue = Catalogue::open(dir.path());
  EXPECT_EQ(get_view(catalogue, 3).state, ViewState::silent);
  EXPECT_EQ(get_view(catalogue, 4).state, ViewState::good);
  EXPECT_EQ(get_view(catalogue, 5).state, ViewState::destroyed);
  EXPECT_EQ(count_pending_judgements(catalogue, 2, 0), 1);
}

TEST(Catalogue, MigratesWhatSourcesSay) {
  const TestFolder dir;
  {
    Database old(dir / "catalogue.db", DatabaseAccess::create);
    migrate_to(old, "old", 2);
    old.execute(kVersion1Rows);
    old.execute(
        "UPDATE clips SET given_split = 1, author = 'Ann' || char(10) || 'B\\ob' WHERE id = 1;"
        "UPDATE recordings SET split = 1, given_splits = 2;"
        "INSERT INTO truths VALUES (2, 1, 1, 0.5, 1.25)");
  }
  Catalogue catalogue = Catalogue::open(dir.path());
  ClipMetadata expected;
  expected.recording = "take";
  expected.split = Split::val;
  expected.author = "Ann\nB\\ob";
  expected.licence = "CC0";
  expected.given = {{"bark", {}, {}}, {"bark", 0.5, 1.25}};
  const auto known = find_file(catalogue.database(), 1, "a.wav");
  EXPECT_EQ(known->metadata, metadata_text(expected));
  merge_clip(catalogue.database(), 1, {});
  EXPECT_EQ(get_clip(catalogue, 1).split, Split::val);
  EXPECT_EQ(get_clip(catalogue, 1).given, expected.given);
}

TEST(Catalogue, MigratesVersion4AndCountsWhatIsRemovedAfterwards) {
  const TestFolder dir;
  {
    Database old(dir / "catalogue.db", DatabaseAccess::create);
    migrate_to(old, "old", 1);
    old.execute(kVersion1Rows);
    migrate_to(old, "old", 4);
  }
  Catalogue catalogue = Catalogue::open(dir.path());
  catalogue.database().execute("DELETE FROM clips WHERE id = 1");
  const CatalogueStatus status = read_status(catalogue);
  EXPECT_EQ(status.splits[2].clip_count, 1);
  EXPECT_DOUBLE_EQ(status.duration_s, 2.5);
  ASSERT_EQ(status.labels.size(), 1u) << "the clip with the label is gone";
  EXPECT_TRUE(count_fates(catalogue, 1, "").empty());
}

TEST(Catalogue, TakesBackWhatIsNotCommitted) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  {
    Transaction transaction(catalogue);
    configure(catalogue, "label", "{}");
  }
  EXPECT_FALSE(latest_config(catalogue, "label"));
  Transaction outer(catalogue);
  EXPECT_THROW(Transaction inner(catalogue), Error);
}

TEST(Catalogue, FindsConfigurationsByTheirText) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  const auto first = configure(catalogue, "score", "{\"prompt\":\"a dog\"}");
  const auto second = configure(catalogue, "score", "{\"prompt\":\"a cat\"}");
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(latest_config(catalogue, "score")->id, second.id);
  EXPECT_EQ(configure(catalogue, "score", "{\"prompt\":\"a dog\"}").id, first.id);
  EXPECT_EQ(latest_config(catalogue, "score")->id, first.id);
  EXPECT_EQ(config_of_hash(catalogue, second.hash)->text, second.text);
  EXPECT_FALSE(config_of_hash(catalogue, "of none"));
  EXPECT_EQ(look_up_config(catalogue, "score", second.text).id, second.id);
  const auto never = look_up_config(catalogue, "score", "{}");
  EXPECT_EQ(never.id, 0);
  EXPECT_EQ(never.hash, configure(catalogue, "score", "{}").hash);
  ASSERT_EQ(list_configs(catalogue, "score").size(), 3u);
  forget_other_configs(catalogue, "score", first.id);
  ASSERT_EQ(list_configs(catalogue, "score").size(), 1u);
  EXPECT_EQ(list_configs(catalogue, "score")[0].hash, first.hash);
}

TEST(Catalogue, RemembersWhatAModelsNameStoodFor) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  EXPECT_FALSE(find_model(catalogue, "clap-nano"));
  put_model(catalogue, {"clap-nano", "stamp", "hash", "clap"});
  const ModelRecord changed = {"clap-nano", "other stamp", "other hash", "clap"};
  put_model(catalogue, changed);
  EXPECT_EQ(find_model(catalogue, "clap-nano"), changed);
}

TEST(Catalogue, KeepsRuns) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  corpus::Run run;
  run.command = "label";
  run.seed = ~std::uint64_t{0};
  const auto id = begin_run(catalogue, run);
  EXPECT_EQ(list_runs(catalogue)[0].outcome, "");
  end_run(catalogue, id, "done", "{\"n\":1}");
  const auto runs = list_runs(catalogue, "label");
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].seed, run.seed);
  EXPECT_EQ(runs[0].summary_json, "{\"n\":1}");
  EXPECT_FALSE(runs[0].ended_at.empty());
}

// The triggers' counts must equal a count of the rows, whatever happened to them.
TEST(Catalogue, CountsStayTrue) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  add_synthetic_clips(catalogue, 300, 7);
  Database& database = catalogue.database();
  database.execute("UPDATE recordings SET split = (split + 1) % 3 WHERE id % 4 = 0");
  for (std::int64_t clip_id = 5; clip_id < 200; clip_id += 7) {
    SourceItem item;
    item.recording = clip_id % 2 == 0 ? "moved" : "";
    item.licence = "changed";
    if (clip_id % 3 != 0) item.given = {{"new", {}, {}}, {"class 1", {}, {}}, {"new", 1.0, 2.0}};
    update_clip(database, clip_id, item, {});
  }
  auto clips = database.query(
      "SELECT count(*) FROM (SELECT split, source_id, licence_id, clip_count, duration_ms FROM clip_counts"
      " WHERE clip_count <> 0 EXCEPT SELECT r.split, c.source_id, c.licence_id, count(*), sum(c.duration_ms)"
      " FROM clips c JOIN recordings r ON r.id = c.recording_id GROUP BY 1, 2, 3)");
  clips.step();
  EXPECT_EQ(clips.integer(0), 0);
  auto truths = database.query(
      "SELECT count(*) FROM (SELECT split, class_id, clip_count, duration_ms FROM truth_counts WHERE "
      "clip_count <> 0"
      " EXCEPT SELECT r.split, t.class_id, count(*), sum(c.duration_ms)"
      " FROM (SELECT DISTINCT clip_id, class_id FROM truths UNION ALL"
      " SELECT id, 0 FROM clips WHERE id NOT IN (SELECT clip_id FROM truths)) t"
      " JOIN clips c ON c.id = t.clip_id JOIN recordings r ON r.id = c.recording_id GROUP BY 1, 2)");
  truths.step();
  EXPECT_EQ(truths.integer(0), 0);
  EXPECT_EQ(read_status(catalogue).clip_count, 300);
}

}  // namespace
}  // namespace pupil::corpus
