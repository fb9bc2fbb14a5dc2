// SPDX-License-Identifier: Apache-2.0
// A labelled set of synthetic recordings: planned whole, then made file by file.
//
// 1. The plan is a function of the options alone. Every file has a seed of its own, forked from the set's, so files can
//    be made in any order, on any number of threads, and again one by one.
// 2. A file is there whole or not at all (temporary name, rename); a run that was killed goes on with what is missing.
// 3. synth.json keeps the options that decide about bytes. Other options in the same folder are an error, not a mixture.
// 4. A group (eight clips at most) shares its animal, place and microphone, as clips of one recording do; a group never
//    spans splits, and every split has every class.

#include "synth/dataset.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "audio/flac_writer.h"
#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/leftovers.h"
#include "base/start_threads.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "synth/background.h"
#include "synth/dataset_tables.h"
#include "synth/random.h"

namespace pupil::synth {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kClipsPerGroup = 8;  // at most
// As many as fit: the class is heard in most of a clip.
constexpr std::size_t kMostEventsPerClip = 3;
constexpr double kBedChangeS = 45;
constexpr std::int64_t kMostFiles = 1'000'000;

void check_range(std::string_view what, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw UsageError(concat(what, " is ", value, ", not within ", low, " to ", high));
  }
}

void check(const DatasetOptions& options) {
  check_range("the number of clips", static_cast<double>(options.clip_count), 0, kMostFiles);
  check_range("the number of scenes", static_cast<double>(options.scene_count), 0, kMostFiles);
  check_range("a dog's share of turns", options.dog_turns, 1, 100);
  check_range("a clip's length in seconds", options.clip_s, 0.5, 600);
  check_range("a scene's length in minutes", options.scene_min, 0.1, 60);
  check_range("the number of events per minute", options.events_per_min, 0, 20);
  check_range("the share for validation", options.val_share, 0, 1);
  check_range("the share for test", options.test_share, 0, 1 - options.val_share + 1e-9);
  check_range("the lower SNR", options.snr_low_db, -60, 90);
  check_range("the upper SNR", options.snr_high_db, options.snr_low_db, 90);
}

std::vector<SoundKind> classes_of(const DatasetOptions& options) {
  if (!options.classes.empty()) return options.classes;
  return {sound_kinds().begin(), sound_kinds().end()};
}

// The classes in the order of their turns; dogs' classes come round more often.
std::vector<SoundKind> turns_of(const DatasetOptions& options) {
  std::vector<SoundKind> turns;
  for (std::int32_t round = 0; round < options.dog_turns; ++round) {
    for (const SoundKind kind : classes_of(options)) {
      if (round == 0 || is_voice(kind)) turns.push_back(kind);
    }
  }
  return turns;
}

std::string padded(std::int64_t number, std::size_t width) {
  const std::string digits = concat(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

// A round holds every class as often as it has turns, and goes to one split with all its groups: so every
// split has every class. Rounds are dealt out along the golden ratio's multiples, which fill [0, 1) evenly
// however many there are.
std::string split_of(std::int64_t round, const DatasetOptions& options) {
  const double turn = 0.5 + 0.6180339887498949 * static_cast<double>(round);
  const double place = turn - std::floor(turn);
  if (place < options.test_share) return "test";
  return place < options.test_share + options.val_share ? "val" : "train";
}

std::vector<SoundKind> draw_bed(SoundKind label, Random& random) {
  std::vector<SoundKind> beds;
  for (const SoundKind kind : background_kinds()) {
    if (is_bed(kind) && kind != label) beds.push_back(kind);
  }
  if (random.chance(0.15)) return {};
  std::vector<SoundKind> bed = {random.pick(std::span<const SoundKind>(beds))};
  if (random.chance(0.25)) bed.push_back(random.pick(std::span<const SoundKind>(beds)));
  return bed;
}

DatasetItem plan_clip(std::int64_t number, const std::vector<SoundKind>& turns,
                      const DatasetOptions& options) {
  const auto turn_count = std::ssize(turns);
  const SoundKind label = turns[static_cast<std::size_t>(number % turn_count)];
  const std::int64_t round_clips = turn_count * ((kClipsPerGroup + turn_count - 1) / turn_count);
  const std::int64_t round = number / round_clips;
  const std::int64_t groups_per_round = (round_clips + kClipsPerGroup - 1) / kClipsPerGroup;
  const std::int64_t group = round * groups_per_round + number % round_clips / kClipsPerGroup;
  Random random = Random(options.seed).fork("clip", static_cast<std::uint64_t>(number));
  DatasetItem item;
  item.label = kind_name(label);
  item.file = concat(item.label, "/", item.label, "_", padded(number, 6), options.is_wav ? ".wav" : ".flac");
  item.group = concat("synth ", options.seed, " group ", group);
  item.split = split_of(round, options);
  item.duration_s = options.clip_s;
  item.spec.duration_s = options.clip_s;
  item.spec.snr_low_db = options.snr_low_db;
  item.spec.snr_high_db = options.snr_high_db;
  item.spec.clean = options.clean;
  item.spec.group = Random(options.seed).fork("group", static_cast<std::uint64_t>(group)).bits();
  if (is_bed(label)) {
    item.spec.bed = {label};
  } else {
    item.spec.events.assign(kMostEventsPerClip, label);
    if (!options.clean) item.spec.bed = draw_bed(label, random);
  }
  item.seed = random.bits();
  return item;
}

// What comes and goes in a long scene: by turns a dog and something else, in random order.
std::vector<SoundKind> draw_events(const std::vector<SoundKind>& classes, std::int64_t count,
                                   Random& random) {
  std::vector<SoundKind> dogs;
  std::vector<SoundKind> others;
  for (const SoundKind kind : classes) {
    if (is_voice(kind)) dogs.push_back(kind);
  }
  for (const SoundKind kind : background_kinds()) {
    if (!is_bed(kind)) others.push_back(kind);
  }
  std::vector<SoundKind> events;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool is_dog = i % 2 == 0 && !dogs.empty();
    events.push_back(random.pick(std::span<const SoundKind>(is_dog ? dogs : others)));
  }
  for (std::int64_t i = count - 1; i > 0; --i)
    std::swap(events[static_cast<std::size_t>(i)], events[static_cast<std::size_t>(random.below(i + 1))]);
  return events;
}

DatasetItem plan_long_scene(std::int64_t number, const std::vector<SoundKind>& classes,
                            const DatasetOptions& options) {
  Random random = Random(options.seed).fork("scene", static_cast<std::uint64_t>(number));
  DatasetItem item;
  item.file = concat("scenes/scene_", padded(number, 4), options.is_wav ? ".wav" : ".flac");
  item.group = concat("synth ", options.seed, " scene ", number);
  item.split = "test";
  SceneSpec& spec = item.spec;
  item.duration_s = spec.duration_s = 60 * options.scene_min;
  spec.snr_low_db = options.snr_low_db;
  spec.snr_high_db = options.snr_high_db;
  spec.bed_change_s = kBedChangeS;
  for (const SoundKind kind : background_kinds()) {
    if (is_bed(kind)) spec.bed.push_back(kind);
  }
  for (std::size_t i = spec.bed.size(); i > 1; --i)
    std::swap(spec.bed[i - 1],
              spec.bed[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  const auto event_count = static_cast<std::int64_t>(options.events_per_min * options.scene_min + 0.5);
  spec.events = draw_events(classes, event_count, random);
  item.seed = random.bits();
  spec.group = item.seed;
  std::set<std::string_view> labels;
  for (const SoundKind kind : spec.events) {
    if (is_voice(kind)) labels.insert(kind_name(kind));
  }
  for (const std::string_view label : labels) item.label += concat(item.label.empty() ? "" : ";", label);
  return item;
}

// What decides about the bytes of a file.
Json recipe(const DatasetOptions& options) {
  Json json;
  json.set("made_by", "pupil synth");
  json.set("generator", kGeneratorVersion);
  json.set("seed", concat(options.seed));
  Json classes{Json::Array()};
  for (const SoundKind kind : classes_of(options)) classes.push_back(kind_name(kind));
  json.set("classes", classes);
  json.set("dog_turns", options.dog_turns);
  json.set("seconds", options.clip_s);
  json.set("clean", options.clean);
  json.set("snr_low_db", options.snr_low_db);
  json.set("snr_high_db", options.snr_high_db);
  json.set("minutes", options.scene_min);
  json.set("events_per_minute", options.events_per_min);
  json.set("format", options.is_wav ? "wav" : "flac");
  return json;
}

void check_folder(const fs::path& folder, const Json& wanted) {
  make_folders(folder);
  const fs::path file = folder / "synth.json";
  if (!fs::exists(file)) {
    for (const fs::path& entry : folder_entries(folder)) {
      if (entry.filename().string().starts_with(kTempPrefix)) continue;
      throw Error(concat(folder.string(), " holds other files (", entry.filename().string(),
                         "); give an empty or new folder"));
    }
    write_whole(file, wanted.dump(2) + "\n");
    return;
  }
  const Json found = read_json(file);
  for (const auto& [key, value] : wanted.as_object()) {
    const Json* other = found.find(key);
    if (other != nullptr && other->dump() == value.dump()) continue;
    throw Error(concat(file.string(), ": ", key, " is ", other == nullptr ? "absent" : other->dump(),
                       ", now ", value.dump(), " is asked for; give the same options, or another folder"));
  }
}

// What a killed process was writing.
void remove_leftovers(const fs::path& folder) {
  remove_temporary_files(folder);
  for (const fs::path& entry : folder_entries(folder)) {
    if (fs::is_directory(entry)) remove_temporary_files(entry);
  }
}

void write_file(const fs::path& folder, const DatasetItem& item, bool is_wav) {
  const fs::path path = folder / item.file;
  const Scene scene = make_scene(item.spec, item.seed);
  if (is_wav) {
    audio::WavWriter writer(path.parent_path(), kRateHz, audio::WavFormat::kInt16);
    writer.write(scene.samples);
    writer.commit(path);
  } else {
    audio::FlacWriter writer(path.parent_path(), kRateHz);
    writer.write(scene.samples);
    writer.commit(path);
  }
}

// Runs work(i) for all i on `thread_count` threads; after the first failure no more is begun, and it is
// thrown.
void for_all(std::size_t count, std::int32_t thread_count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> threads;
  // Where none can be started, this one makes the same bytes.
  static_cast<void>(start_threads(&threads, thread_count - 1, run));
  run();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

DatasetOptions demo_yard() {
  DatasetOptions options;
  options.clip_count = 384;
  options.clip_s = 4;
  options.dog_turns = 3;
  options.snr_low_db = 5;
  options.snr_high_db = 25;
  return options;
}

std::vector<DatasetItem> plan_dataset(const DatasetOptions& options) {
  check(options);
  const std::vector<SoundKind> classes = classes_of(options);
  const std::vector<SoundKind> turns = turns_of(options);
  std::vector<DatasetItem> items;
  for (std::int64_t i = 0; i < options.clip_count; ++i) items.push_back(plan_clip(i, turns, options));
  for (std::int64_t i = 0; i < options.scene_count; ++i)
    items.push_back(plan_long_scene(i, classes, options));
  return items;
}

DatasetReport write_dataset(const fs::path& folder, const DatasetOptions& options,
                            const std::function<void()>& advance) {
  const std::vector<DatasetItem> items = plan_dataset(options);
  check_folder(folder, recipe(options));
  for (const DatasetItem& item : items) make_folders((folder / item.file).parent_path());
  remove_leftovers(folder);

  std::atomic<std::int64_t> made = 0;
  const std::int32_t processors = std::max(1, static_cast<std::int32_t>(std::thread::hardware_concurrency()));
  for_all(items.size(), options.thread_count > 0 ? options.thread_count : processors, [&](std::size_t i) {
    if (!fs::exists(folder / items[i].file)) {
      with_context(items[i].file, [&] { write_file(folder, items[i], options.is_wav); });
      ++made;
    }
    if (advance) advance();
  });

  DatasetReport report;
  report.made_count = made;
  report.kept_count = std::ssize(items) - made;
  report.event_count = write_tables(folder, items);
  std::set<std::string> groups;
  for (const DatasetItem& item : items) {
    groups.insert(item.group);
    report.duration_s += item.duration_s;
    ++report.splits[item.split];
    ++report.labels[item.label];
  }
  report.group_count = std::ssize(groups);
  return report;
}

}  // namespace pupil::synth
