// SPDX-License-Identifier: Apache-2.0
// What a million clips ask of the queries: a page of pending work, a look-up and a count begin at an index, whatever the
// tables hold. The statements are those that the module has prepared itself; SQLite says how it would walk them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "corpus/clip_writer.h"
#include "corpus/database.h"
#include "corpus/judgements.h"
#include "corpus/scores.h"
#include "corpus/status.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/views.h"
#include "corpus/windows.h"

namespace pupil::corpus {
namespace {

std::vector<std::string> prepared(Catalogue& catalogue) {
  std::vector<std::string> statements;
  sqlite3* connection = catalogue.database().connection();
  for (sqlite3_stmt* one = sqlite3_next_stmt(connection, nullptr); one != nullptr;
       one = sqlite3_next_stmt(connection, one))
    statements.emplace_back(sqlite3_sql(one));
  return statements;
}

// The steps of one statement, a line each.
std::vector<std::string> plan_of(Catalogue& catalogue, const std::string& sql) {
  auto query = catalogue.database().query("EXPLAIN QUERY PLAN " + sql);
  std::vector<std::string> steps;
  while (query.step()) steps.push_back(query.text(3));
  return steps;
}

// Walks of a whole table (but of the few sources), and pages that are sorted before their first row. The rows of one clip may be sorted.
std::vector<std::string> unindexed_steps(Catalogue& catalogue, const std::string& sql) {
  std::vector<std::string> found;
  for (const std::string& step : plan_of(catalogue, sql)) {
    if (step == "SCAN sources") continue;
    const bool sorts =
        step.find("USE TEMP B-TREE") != std::string::npos && sql.find("LIMIT ?") != std::string::npos;
    if (step.starts_with("SCAN ") || sorts) found.push_back(step);
  }
  return found;
}

class IndexUse : public testing::Test {
 protected:
  IndexUse() : catalogue(Catalogue::create(folder.path())) {
    add_synthetic_clips(catalogue, 40, 1);
    cut_pending_windows(catalogue, {});
    filter.window_config_id = window_config(catalogue, {}).id;
    config = configure(catalogue, "embed", "{}").id;
    before = prepared(catalogue);
  }

  // Every statement that `work` has prepared begins at an index.
  template <typename Work>
  void expect_indexed(const Work& work) {
    work();
    int checked = 0;
    for (const std::string& sql : prepared(catalogue)) {
      if (std::find(before.begin(), before.end(), sql) != before.end()) continue;
      ++checked;
      for (const std::string& step : unindexed_steps(catalogue, sql))
        ADD_FAILURE() << step << "\n  in " << sql;
    }
    EXPECT_GT(checked, 0);
  }

  TestFolder folder;
  Catalogue catalogue;
  WindowFilter filter;
  std::int64_t config = 0;
  std::vector<std::string> before;
};

TEST_F(IndexUse, PagesOfPendingWork) {
  expect_indexed([&] {
    pending_embeddings(catalogue, filter, config, 5, 3);
    pending_scores(catalogue, filter, config, 5, 3);
    pending_labels(catalogue, filter, config, 5, 3);
    pending_view_embeddings(catalogue, filter, config, 5, 3);
    pending_separation(catalogue, config, {"a dog"}, 5, 3);
    pending_judgements(catalogue, config, config, 5, 3);
  });
}

TEST_F(IndexUse, LookUpsAndResults) {
  expect_indexed([&] {
    put_embedding(catalogue, config, 3, std::vector<float>{1});
    put_scores(catalogue, config, 3, std::vector<float>{1});
    put_view_embedding(catalogue, config, 3, std::vector<float>{1});
    put_window_skip(catalogue, config, 4, "reason", "detail");
    get_embedding(catalogue, config, 3);
    get_view_embedding(catalogue, config, 3);
    get_label(catalogue, config, 3);
    get_clip(catalogue, 3);
    original_view(catalogue, 3);
    list_views(catalogue, 3);
    list_view_windows(catalogue, 3, filter.window_config_id);
    find_clip_by_hash(catalogue.database(), "synthetic 1 3");
    find_file(catalogue.database(), 1, "folder 0/clip 3.wav");
    count_results(catalogue, config);
  });
}

// Of every table of `status` that grows with the corpus none is read.
TEST_F(IndexUse, StatusReadsCountsAlone) {
  read_status(catalogue);
  for (const std::string& sql : prepared(catalogue)) {
    if (std::find(before.begin(), before.end(), sql) != before.end()) continue;
    for (const std::string& step : plan_of(catalogue, sql)) {
      for (const char* table : {"SCAN clips", "SCAN windows", "SCAN truths", "SCAN scores", "SCAN labels"})
        EXPECT_NE(step.substr(0, std::string(table).size()), table) << sql;
    }
  }
}

TEST_F(IndexUse, IsSeenWhereItIsMissing) {
  EXPECT_FALSE(unindexed_steps(catalogue, "SELECT id FROM clips WHERE original_codec = ?").empty());
  EXPECT_FALSE(unindexed_steps(catalogue, "SELECT id FROM clips WHERE id > ? ORDER BY path LIMIT ?").empty());
}

}  // namespace
}  // namespace pupil::corpus
