// SPDX-License-Identifier: Apache-2.0
#include "corpus/synthetic.h"

#include <random>

#include "base/text.h"
#include "corpus/clip_writer.h"

namespace pupil::corpus {
namespace {

constexpr std::int64_t kClipsPerTransaction = 10'000;
constexpr std::int32_t kSyntheticRateHz = 32'000;

SourceItem make_item(std::int64_t number, std::mt19937_64& random) {
  SourceItem item;
  item.path = concat("folder ", number / 1000, "/clip ", number, ".wav");
  item.recording = concat("recording ", number / 4);
  item.licence = concat("licence ", random() % 5);
  item.author = concat("author ", random() % 100);
  if (random() % 10 != 0) item.given.push_back({concat("class ", random() % 50), {}, {}});
  return item;
}

Intake make_intake(std::int64_t number, std::uint64_t seed) {
  Intake intake;
  intake.hash = concat("synthetic ", seed, " ", number);
  intake.sample_rate_hz = kSyntheticRateHz;
  intake.sample_count = std::int64_t{5} * kSyntheticRateHz;
  intake.original_rate_hz = 44'100;
  intake.original_channel_count = 1;
  intake.original_codec = "pcm_s16le";
  intake.levels.blocks.assign(250, 90);
  return intake;
}

std::int64_t count_rows(Database& database) {
  auto count = database.query(
      "SELECT (SELECT count(*) FROM recordings) + (SELECT count(*) FROM clips) + (SELECT count(*) FROM truths) + "
      "(SELECT count(*) FROM views) + (SELECT count(*) FROM levels) + (SELECT count(*) FROM set_aside)");
  count.step();
  return count.integer(0);
}

}  // namespace

std::int64_t add_synthetic_clips(Catalogue& catalogue, std::int64_t count, std::uint64_t seed) {
  Database& database = catalogue.database();
  std::mt19937_64 random(seed);
  const std::int64_t before = count_rows(database);
  const std::int64_t config_id = configure(catalogue, "collect", "{\"synthetic\":true}").id;
  for (std::int64_t number = 0; number < count;) {
    Transaction transaction(catalogue);
    const std::int64_t end = std::min(count, number + kClipsPerTransaction);
    for (; number < end; ++number) {
      const SourceItem item = make_item(number, random);
      const std::int64_t source = source_id(database, concat("/synthetic/", seed, "/", number % 3), "folder");
      insert_clip(database, source, item, {1, 2}, make_intake(number, seed), "", {});
      if (number % 100 != 0) continue;
      put_set_aside(database, source, item.path + ".bad", {1, 2}, SetAsideReason::silent, "synthetic", {},
                    config_id);
    }
    transaction.commit();
  }
  return count_rows(database) - before;
}

}  // namespace pupil::corpus
