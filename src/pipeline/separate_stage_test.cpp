// SPDX-License-Identifier: Apache-2.0
#include "pipeline/separate_stage.h"

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "pipeline/label_stage.h"
#include "pipeline/separate_shard.h"
#include "pipeline/test_stages.h"
#include "separator/random_checkpoint.h"

namespace pupil::pipeline {
namespace {

// The smallest network of the published form, of random weights: it runs on the real code path in milliseconds.
class SeparateStage : public StageTest {
 protected:
  SeparateStage() {
    separator::write_byte_tokenizer(folder.path());
    separator::write_random_checkpoint(folder / "stub.safetensors",
                                       {{4, 4, 4, 4, 4}, 257, 16, /*text_vocabulary=*/300});
    project.separate.mode = "both";
    project.separate.model = "stub.safetensors";
  }

  SeparateStageReport separate(const corpus::ShardResults* results = nullptr) {
    SeparateStageOptions options;
    options.threads = 1;
    options.results = results;
    return run_separate_stage(project, catalogue, store, options);
  }
};

TEST_F(SeparateStage, AsksEveryClipForEveryClass) {
  const SeparateForecast forecast = forecast_separation(project, catalogue);
  EXPECT_EQ(forecast.clip_count, 12);
  EXPECT_EQ(forecast.query_count, 2u);
  const SeparateStageReport report = separate();
  EXPECT_EQ(report.clip_count, 12);
  EXPECT_EQ(report.good_count + report.silent_count + report.destroyed_count, 24);
  EXPECT_EQ(forecast_separation(project, catalogue).clip_count, 0);
}

TEST_F(SeparateStage, DoesNothingTwice) {
  separate();
  EXPECT_EQ(separate().clip_count, 0);
  project.classes[0].query = "a deep tone";
  EXPECT_EQ(separate().clip_count, 12) << "another query is another view";
}

// A view by what it is made of.
std::vector<std::string> views_of(corpus::Catalogue& catalogue) {
  std::vector<std::string> views;
  for (std::int64_t clip = 1; clip <= 12; ++clip) {
    for (const corpus::View& view : corpus::list_views(catalogue, clip)) {
      views.push_back(concat(view.id, " ", view.hash, " ", view.separation.query, " ",
                             view.separation.energy_ratio, " ", view.separation.removed_db, " ",
                             view.size_bytes, " ", view.floor_dbfs));
    }
  }
  return views;
}

TEST_F(SeparateStage, ShardsMakeTheViewsOfOneProcess) {
  std::ofstream(project.dir / "pupil.toml") << "[project]\n";
  const corpus::ShardPlan plan = plan_separate(project, catalogue, 3);
  EXPECT_EQ(plan.item_count(), 12);
  {
    const corpus::ShardResults results =
        run_shards(plan, [&](corpus::ShardRun& run) { run_separate_shard(project, run, {.threads = 1}); });
    EXPECT_EQ(separate(&results).clip_count, 12);
    EXPECT_EQ(separate(&results).clip_count, 0);
  }
  const std::vector<std::string> by_shards = views_of(catalogue);
  corpus::forget_config(catalogue, corpus::latest_config(catalogue, "separate")->id);
  corpus::discard_plan(project.dir);
  EXPECT_EQ(separate().clip_count, 12);
  EXPECT_EQ(views_of(catalogue), by_shards);
  EXPECT_TRUE(std::ranges::all_of(corpus::list_view_hashes(catalogue),
                                  [&](const std::string& hash) { return store.contains(hash); }));
}

TEST_F(SeparateStage, OffIsOff) {
  project.separate.mode = "off";
  EXPECT_EQ(separate().clip_count, 0);
}

TEST_F(SeparateStage, ALabelOfViewsNeedsViews) {
  EXPECT_THROW(label(), Error) << "nothing is separated yet";
  separate();
  const std::int64_t originals = 36;
  EXPECT_GE(label().label_count, originals);
}

TEST_F(SeparateStage, ASeparatorThatIsNotThereIsNamed) {
  project.separate.model = "nowhere.safetensors";
  try {
    separate();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nowhere.safetensors"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pupil::pipeline
