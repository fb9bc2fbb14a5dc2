// SPDX-License-Identifier: Apache-2.0
// A result is keyed by the file's path from the project's folder, its size and its time of change: those of the moment before
// it was read, so that a file that was written meanwhile is taken in again by collect().

#include "corpus/collect_shard.h"

#include <algorithm>
#include <thread>

#include "audio/ffmpeg_plugin.h"
#include "base/error.h"
#include "base/ordered_work.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/clip_writer.h"
#include "corpus/intake.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

// How a plan names a file: as from the project's folder, so that both may be mounted elsewhere.
std::string planned_path(const fs::path& project_dir, const fs::path& file) {
  const fs::path from = fs::absolute(project_dir).lexically_normal();
  return fs::absolute(file).lexically_normal().lexically_proximate(from).string();
}

std::string result_key(const std::string& path, const std::optional<FileStamp>& stamp) {
  return stamp ? concat("intake\n", path, "\n", stamp->size_bytes, "\n", stamp->mtime_ns)
               : concat("intake\n", path, "\nmissing");
}

Json intake_fields(const Intake& intake) {
  Json json;
  json.set("refused", intake.refused ? Json(static_cast<std::int64_t>(*intake.refused)) : Json());
  json.set("detail", intake.detail);
  json.set("hash", intake.hash);
  json.set("size_bytes", intake.size_bytes);
  json.set("sample_rate_hz", intake.sample_rate_hz);
  json.set("sample_count", intake.sample_count);
  json.set("original_rate_hz", intake.original_rate_hz);
  json.set("original_channel_count", intake.original_channel_count);
  json.set("original_codec", intake.original_codec);
  json.set("damage", intake.damage);
  json.set("offset", intake.offset);
  json.set("levels", intake.levels.blocks.size());
  json.set("words", intake.fingerprint.words.size());
  json.set("weak_bits", intake.fingerprint.weak_bits.size());
  json.set("landmarks", intake.fingerprint.landmarks.size());
  return json;
}

void put_intake(ShardRun& run, const std::string& key, const Intake& intake) {
  if (!intake.refused) run.store().adopt(intake.temporary, intake.hash);
  std::vector<std::byte> bytes;
  append_array(&bytes, std::span(intake.levels.blocks));
  append_array(&bytes, std::span(intake.fingerprint.words));
  append_array(&bytes, std::span(intake.fingerprint.weak_bits));
  append_array(&bytes, std::span(intake.fingerprint.landmarks));
  run.put(key, intake_fields(intake), bytes);
}

Intake read_intake(const ShardResult& result) {
  const Json& json = result.fields;
  Intake intake;
  if (!json.at("refused").is_null())
    intake.refused = static_cast<SetAsideReason>(json.at("refused").as_int());
  intake.detail = json.at("detail").as_string();
  intake.hash = json.at("hash").as_string();
  intake.size_bytes = json.at("size_bytes").as_int();
  intake.sample_rate_hz = static_cast<std::int32_t>(json.at("sample_rate_hz").as_int());
  intake.sample_count = json.at("sample_count").as_int();
  intake.original_rate_hz = static_cast<std::int32_t>(json.at("original_rate_hz").as_int());
  intake.original_channel_count = static_cast<std::int32_t>(json.at("original_channel_count").as_int());
  intake.original_codec = json.at("original_codec").as_string();
  intake.damage = json.at("damage").as_string();
  intake.offset = json.at("offset").as_double();
  std::span<const std::byte> bytes = result.bytes;
  const auto take = [&]<typename Element>(std::vector<Element>* values, std::string_view count) {
    *values = take_array<Element>(&bytes, json.at(count).as_int());
  };
  take(&intake.levels.blocks, "levels");
  take(&intake.fingerprint.words, "words");
  take(&intake.fingerprint.weak_bits, "weak_bits");
  take(&intake.fingerprint.landmarks, "landmarks");
  return intake;
}

struct PlannedFile {
  fs::path file;
  std::string path;
};

}  // namespace

ShardPlan plan_collect(Catalogue& catalogue, const std::vector<Source>& sources,
                       const CollectOptions& options, std::int64_t shards) {
  const CollectForecast pending = forecast_collect(catalogue, sources, options);
  ShardPlanWriter writer(catalogue.project_dir(), "collect", shards, Json(Json::Object()));
  for (const fs::path& file : pending.pending_files) {
    const std::string path = planned_path(catalogue.project_dir(), file);
    Json item;
    item.set("file", path);
    writer.add(path, item);
  }
  return writer.finish();
}

void run_collect_shard(ShardRun& run, const CollectOptions& options) {
  std::vector<PlannedFile> files;
  run.for_each_item([&](const Json& item) {
    const std::string& path = item.at("file").as_string();
    const fs::path file = (fs::absolute(run.project_dir()) / path).lexically_normal();
    if (run.contains(result_key(path, read_stamp(file)))) return run.advance(1);
    files.push_back({file, path});
  });
  if (files.empty()) return run.finish();
  audio::ffmpeg_api();  // a missing decoder is an error of its own, not a thousand undecodable files
  struct Taken {
    std::string key;
    Intake intake;
  };
  const auto threads =
      options.thread_count > 0
          ? options.thread_count
          : std::max<std::int32_t>(1, static_cast<std::int32_t>(std::thread::hardware_concurrency()));
  Progress progress(concat("collect, ", run.name()), std::ssize(files), "files");
  OrderedWork<Taken> work(std::ssize(files), threads, [&](std::int64_t i) {
    const PlannedFile& planned = files[static_cast<std::size_t>(i)];
    std::string key = result_key(planned.path, read_stamp(planned.file));
    return Taken{std::move(key), take_in(planned.file, run.store(), options)};
  });
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Taken taken = work.take();
    put_intake(run, taken.key, taken.intake);
    run.advance(1);
    progress.advance();
  }
  run.finish();
}

KnownIntake known_intakes(const ShardResults& results, const Store& store, const fs::path& project_dir) {
  return [&results, &store, project_dir](const fs::path& file, Intake* intake) {
    const std::string path = planned_path(project_dir, file);
    const auto result = results.find(path, result_key(path, read_stamp(file)));
    if (!result) return false;
    *intake = read_intake(*result);
    if (!intake->refused)
      intake->temporary = results.link_audio(path, intake->hash, intake->size_bytes, store);
    return true;
  };
}

}  // namespace pupil::corpus
