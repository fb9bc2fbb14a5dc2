// Three steps. Plan: which items are new, changed, relabelled (one look at the file system and one at the
// catalogue each). Take in: worker threads decode, measure and encode aside (intake.h). Write: this thread
// takes the results in the order of the items, decides about duplicates, renames audio into the store and
// writes rows, five transactions a second.
//
// Why a kill loses nothing: audio is renamed into the store before the transaction that names it is
// committed, so a row never names a missing file; a file without a row is found by its content when its
// source comes again.

#include "corpus/collect.h"

#include <chrono>
#include <thread>

#include "audio/ffmpeg_plugin.h"
#include "base/error.h"
#include "base/text.h"
#include "corpus/clip_writer.h"
#include "corpus/ordered_work.h"
#include "corpus/rows.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {
namespace {

constexpr auto kTransactionTime = std::chrono::milliseconds(200);

std::string config_text(const CollectOptions& options) {
  return concat("{\"channel\":", options.channel, ",\"clipped_share_max\":", options.clipped_share_max,
                ",\"min_duration_s\":", options.min_duration_s,
                ",\"min_similarity\":", options.near_duplicates ? options.duplicates.min_similarity : 0.0,
                ",\"sample_rate_hz\":", options.sample_rate_hz, ",\"silence_dbfs\":", options.silence_dbfs,
                "}");
}

std::string split_text(const SplitOptions& split) {
  return concat("{\"seed\":", split.seed, ",\"test\":", split.test_share, ",\"val\":", split.val_share, "}");
}

// Nothing to do: a clip whose file is as it was (or gone: the store has it), or a file set aside under
// these very options.
bool is_settled(const KnownFile& known, const std::optional<FileStamp>& stamp, std::int64_t config_id) {
  if (known.clip_id != 0) return !stamp || *stamp == known.stamp;
  return stamp && *stamp == known.stamp && known.collect_config_id == config_id &&
         known.reason != set_aside_reason_name(SetAsideReason::unreadable);
}

struct Task {
  const SourceItem* item = nullptr;
  std::int64_t source_id = 0;
  FileStamp stamp;
  std::int64_t clip_id = 0;  // of a known clip whose file changed; 0: a new file
};

class Collector {
 public:
  Collector(Catalogue& catalogue, const Store& store, const CollectOptions& options,
            const CollectProgress& progress)
      : catalogue_(catalogue),
        database_(catalogue.database()),
        store_(store),
        options_(options),
        progress_(progress),
        index_([this](std::int64_t clip_id) { return read_fingerprint(database_, clip_id); },
               options.duplicates) {
    config_id_ = configure(catalogue, "collect", config_text(options)).id;
    window_config_id_ = window_config(catalogue, options.window).id;
  }

  CollectReport run(const std::vector<Source>& sources) {
    store_.remove_stray_files();
    apply_split_options();
    for (const Source& source : sources) report_.file_count += std::ssize(source.items);
    for (const Source& source : sources) plan(source);
    write_tasks();
    report_.window_count += cut_pending_windows(catalogue_, options_.window);
    report_.split_conflicts = list_split_conflicts(catalogue_);
    return std::move(report_);
  }

 private:
  // Other shares or another seed reach the recordings that are there already.
  void apply_split_options() {
    const std::string text = split_text(options_.split);
    const auto latest = latest_config(catalogue_, "split");
    if (latest && latest->text == text) return;
    reassign_splits(catalogue_, options_.split);
    configure(catalogue_, "split", text);
  }

  void plan(const Source& source) {
    report_.remarks.insert(report_.remarks.end(), source.remarks.begin(), source.remarks.end());
    Transaction transaction(catalogue_);
    const std::int64_t source_row = source_id(database_, source.name, source.kind);
    for (const SourceItem& item : source.items) plan_item(source_row, item);
    transaction.commit();
  }

  void plan_item(std::int64_t source_row, const SourceItem& item) {
    const auto stamp = read_stamp(item.file);
    const auto known = find_file(database_, source_row, item.path);
    if (known && known->clip_id != 0 && known->index_hash != index_hash(item)) {
      update_clip(database_, known->clip_id, item, options_.split);
      ++report_.relabelled_count;
      if (!stamp || *stamp == known->stamp) return advance();
    } else if (known && is_settled(*known, stamp, config_id_)) {
      ++report_.unchanged_count;
      return advance();
    }
    tasks_.push_back({&item, source_row, stamp.value_or(FileStamp{}), known ? known->clip_id : 0});
  }

  void write_tasks() {
    if (tasks_.empty()) return;
    audio::ffmpeg_api();  // a missing decoder is an error of its own, not a thousand undecodable files
    if (options_.near_duplicates) load_index();
    const auto threads = options_.thread_count > 0
                             ? options_.thread_count
                             : std::max<std::int32_t>(1, std::thread::hardware_concurrency());
    OrderedWork<Intake> work(std::ssize(tasks_), threads, [this](std::int64_t i) {
      return take_in(tasks_[static_cast<std::size_t>(i)].item->file, store_, options_);
    });
    for (std::size_t next = 0; next < tasks_.size();) next = write_batch(work, next);
  }

  // One transaction. When an item cannot be taken in (full disk), those before it are kept.
  std::size_t write_batch(OrderedWork<Intake>& work, std::size_t next) {
    const auto end = std::chrono::steady_clock::now() + kTransactionTime;
    Transaction transaction(catalogue_);
    std::exception_ptr failure;
    do {
      std::optional<Intake> intake;
      try {
        intake = work.take();
      } catch (...) {
        failure = std::current_exception();
        break;
      }
      write(tasks_[next], *intake);  // an Error from here takes the whole transaction back
      ++next;
      advance();
    } while (next < tasks_.size() && std::chrono::steady_clock::now() < end);
    transaction.commit();
    if (failure) std::rethrow_exception(failure);
    return next;
  }

  void write(const Task& task, const Intake& intake) {
    if (task.clip_id != 0) return write_changed(task, intake);
    if (intake.refused) return set_aside(task, *intake.refused, intake.detail, 0);
    if (const auto twin = find_clip_by_hash(database_, intake.hash); twin != 0) {
      set_aside(task, SetAsideReason::exact_duplicate, concat("same audio as clip ", twin), twin);
      return remove(intake);
    }
    std::string recording = "audio:" + intake.hash.substr(0, 16);
    if (options_.near_duplicates) {
      if (const auto twin = index_.find(intake.fingerprint)) {
        if (twin->covered >= 0.5) {
          set_aside(task, SetAsideReason::near_duplicate, describe(*twin), twin->clip_id);
          return remove(intake);
        }
        // It holds a known clip and much more: worth keeping, but never in another split than that clip.
        recording = recording_of(database_, twin->clip_id);
      }
    }
    add(task, intake, recording);
  }

  void add(const Task& task, const Intake& intake, const std::string& recording) {
    store_.adopt(intake.temporary, intake.hash);
    const NewClip added =
        insert_clip(database_, task.source_id, *task.item, task.stamp, intake, recording, options_.split);
    add_windows(added.view_id, intake);
    if (options_.near_duplicates) index_.add(added.clip_id, intake.fingerprint);
    ++report_.added_count;
    report_.added_s += static_cast<double>(intake.sample_count) / intake.sample_rate_hz;
  }

  void write_changed(const Task& task, const Intake& intake) {
    if (intake.refused) {
      report_.remarks.push_back(concat(task.item->file.string(), ": has changed and is now ",
                                       set_aside_reason_name(*intake.refused), " (", intake.detail,
                                       "); the clip as stored before is kept"));
      return;
    }
    if (original_view(catalogue_, task.clip_id).hash == intake.hash) {
      set_stamp(database_, task.clip_id, task.stamp);
      ++report_.unchanged_count;
      return remove(intake);
    }
    store_.adopt(intake.temporary, intake.hash);
    add_windows(replace_audio(database_, task.clip_id, task.stamp, intake), intake);
    ++report_.replaced_count;
  }

  void add_windows(std::int64_t view_id, const Intake& intake) {
    report_.window_count += insert_windows(
        database_, view_id, window_config_id_,
        cut_windows(intake.levels, intake.sample_rate_hz, intake.sample_count, options_.window));
  }

  void set_aside(const Task& task, SetAsideReason reason, const std::string& detail, std::int64_t twin) {
    put_set_aside(database_, task.source_id, task.item->path, task.stamp, reason, detail, twin, config_id_);
    ++report_.set_aside[reason];
  }

  std::string describe(const DuplicateMatch& twin) const {
    return concat("same take as clip ", twin.clip_id, ": ", fixed(100 * twin.match.similarity, 1),
                  " % of bits equal, ",
                  fixed(kFingerprintFrameS * static_cast<double>(twin.match.offset_frames), 2), " s into it");
  }

  static void remove(const Intake& intake) {
    std::error_code ignored;  // whatever stays goes with the temporary folder
    std::filesystem::remove(intake.temporary, ignored);
  }

  void load_index() {
    auto query = database_.query("SELECT clip_id, words, landmarks FROM fingerprints ORDER BY clip_id");
    while (query.step())
      index_.add(query.integer(0), {query.array<std::uint32_t>(1), {}, query.array<std::uint32_t>(2)});
  }

  void advance() {
    ++done_;
    if (progress_) progress_(done_, report_.file_count);
  }

  Catalogue& catalogue_;
  Database& database_;
  const Store& store_;
  const CollectOptions& options_;
  const CollectProgress& progress_;
  DuplicateIndex index_;
  std::int64_t config_id_ = 0;
  std::int64_t window_config_id_ = 0;
  std::vector<Task> tasks_;
  std::int64_t done_ = 0;
  CollectReport report_;
};

}  // namespace

CollectReport collect(Catalogue& catalogue, const Store& store, const std::vector<Source>& sources,
                      const CollectOptions& options, const CollectProgress& progress) {
  return Collector(catalogue, store, options, progress).run(sources);
}

CollectForecast forecast_collect(Catalogue& catalogue, const std::vector<Source>& sources,
                                 const CollectOptions& options) {
  Database& database = catalogue.database();
  CollectForecast forecast;
  const auto config = find_config(catalogue, "collect", config_text(options));
  const auto split = latest_config(catalogue, "split");
  forecast.splits_change = split && split->text != split_text(options.split);
  for (const Source& source : sources) {
    forecast.file_count += std::ssize(source.items);
    const std::int64_t source_row = find_source(database, source.name);
    for (const SourceItem& item : source.items) {
      const auto stamp = read_stamp(item.file);
      const auto known = source_row == 0 ? std::nullopt : find_file(database, source_row, item.path);
      if (known && known->clip_id != 0 && known->index_hash != index_hash(item)) ++forecast.relabelled_count;
      if (!known || !is_settled(*known, stamp, config ? config->id : 0)) forecast.pending_files.push_back(item.file);
    }
  }
  forecast.uncut_view_count = count_uncut_views(catalogue, options.window);
  return forecast;
}

}  // namespace pupil::corpus
