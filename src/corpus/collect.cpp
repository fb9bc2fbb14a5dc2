// SPDX-License-Identifier: Apache-2.0
// Three steps. Plan: which items are new, changed, relabelled (one look at the file system and one at the
// catalogue each). Take in: worker threads decode, measure and encode aside (intake.h). Write: this thread
// takes the results in the order of the items, decides about duplicates, renames audio into the store and
// writes rows, five transactions a second.
//
// Why a kill loses nothing: audio is renamed into the store before the transaction that names it is
// committed, so a row never names a missing file; a file without a row is found by its content when its
// source comes again. What is lost from the store later (lost_audio.h) is found before planning, and its
// sources are taken in again.

#include "corpus/collect.h"

#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "audio/ffmpeg_plugin.h"
#include "base/error.h"
#include "base/json.h"
#include "base/ordered_work.h"
#include "base/text.h"
#include "corpus/clip_writer.h"
#include "corpus/licences.h"
#include "corpus/lost_audio.h"
#include "corpus/moved_source.h"
#include "corpus/rows.h"
#include "corpus/submissions.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {
namespace {

// A copy counts as longer than the clip from here on: encoders pad by some ten milliseconds.
constexpr double kLongerShare = 1.1;

constexpr auto kTransactionTime = std::chrono::milliseconds(200);

// Nothing where everything is allowed: the text of catalogues that never asked.
std::string allowed_text(const CollectOptions& options) {
  return options.licences_allowed.empty()
             ? std::string()
             : concat(",\"licences_allowed\":", Json(options.licences_allowed).dump());
}

std::string config_text(const CollectOptions& options) {
  return concat("{\"channel\":", options.channel, ",\"clipped_share_max\":", options.clipped_share_max,
                ",\"min_duration_s\":", options.min_duration_s, allowed_text(options),
                ",\"min_similarity\":", options.near_duplicates ? options.duplicates.min_similarity : 0.0,
                ",\"sample_rate_hz\":", options.sample_rate_hz, ",\"silence_dbfs\":", options.silence_dbfs,
                "}");
}

std::string split_text(const SplitOptions& split) {
  return concat("{\"seed\":", split.seed, ",\"test\":", split.test_share, ",\"val\":", split.val_share, "}");
}

bool is_submitted(const Source& source) {
  return source.kind == kSubmissions;
}

// What a file says of a clip that it is a duplicate of. The word of whoever sent something completes no other's licence or
// recording.
std::string said_of_duplicate(const Source& source, const SourceItem& item) {
  return is_submitted(source) ? std::string() : metadata_text(item);
}

// Whether an index says other things of a known clip or duplicate than before. Of other files set aside
// nothing is kept.
bool says_other_things(const KnownFile& known, const Source& source, const SourceItem& item) {
  if (known.clip_id != 0) return known.metadata != metadata_text(item);
  return known.kept_clip_id != 0 && known.metadata != said_of_duplicate(source, item);
}

// Nothing to take in: a clip whose file is as it was (or gone: the store has it), or a file set aside under
// these very options. But where the clip's audio is lost from the store, every file that holds it is taken in
// again.
bool is_settled(const KnownFile& known, const std::optional<FileStamp>& stamp, std::int64_t config_id,
                const std::set<std::int64_t>& lost_clips) {
  if (stamp && lost_clips.contains(known.clip_id != 0 ? known.clip_id : known.kept_clip_id)) return false;
  if (known.clip_id != 0) return !stamp || *stamp == known.stamp;
  return stamp && *stamp == known.stamp && known.collect_config_id == config_id &&
         known.reason != set_aside_reason_name(SetAsideReason::unreadable);
}

std::set<std::int64_t> clips_of_lost_originals(const std::vector<LostAudio>& lost) {
  std::set<std::int64_t> clips;
  for (const LostAudio& view : lost) {
    if (view.original) clips.insert(view.clip_id);
  }
  return clips;
}

Intake refuse_licence(const SourceItem& item) {
  Intake intake;
  intake.refused = SetAsideReason::licence;
  intake.detail = concat(item.licence.empty() ? std::string_view("its licence is not stated") : item.licence,
                         ": not in [licence] allow");
  return intake;
}

struct Task {
  const Source* source = nullptr;
  const SourceItem* item = nullptr;
  std::int64_t source_id = 0;
  FileStamp stamp;
  std::int64_t clip_id = 0;       // of a known clip whose file changed; 0: a new file
  std::int64_t kept_clip_id = 0;  // of the clip that the file was a duplicate of until now
};

// What happened to several files: their number and one of them, or what is said of it.
struct Counted {
  std::int64_t count = 0;
  std::string example;
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
    apply_split_options();
    find_lost_audio();
    sources_ = &sources;
    for (const Source& source : sources) report_.file_count += std::ssize(source.items);
    for (const Source& source : sources) plan(source);
    write_tasks();
    forget_what_moved();
    report_.window_count += cut_pending_windows(catalogue_, options_.window);
    report_.few_in_train_count = keep_few_in_train(catalogue_, options_.split);
    report_.split_conflicts = list_split_conflicts(catalogue_);
    report_.metadata_conflicts = list_metadata_conflicts(catalogue_, options_.class_of);
    warn_of_lost_audio();
    warn_of(damaged_);
    warn_of(offset_);
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

  void find_lost_audio() {
    const auto lost = list_lost_audio(catalogue_);
    lost_clips_ = clips_of_lost_originals(lost);
    if (const std::int64_t count = forget_lost_views(catalogue_, lost); count > 0) {
      report_.warnings.push_back(concat("separated audio of ", count, count == 1 ? " view" : " views",
                                        " is lost from the store; pupil separate makes it again"));
    }
  }

  // One line for any number of files.
  void warn_of(const Counted& counted) {
    if (counted.count == 0) return;
    report_.warnings.push_back(counted.count == 1
                                   ? counted.example
                                   : concat(counted.example, "; ", counted.count - 1, " more like it"));
  }

  // What no source of this run could bring back.
  void warn_of_lost_audio() {
    if (lost_clips_.empty()) return;
    const ClipName name = name_of_clip(database_, *lost_clips_.begin());
    report_.warnings.push_back(
        concat("the audio of ", lost_clips_.size(), lost_clips_.size() == 1 ? " clip" : " clips",
               " is lost from the store and not among what was collected now (", name.path, " from ",
               name.source, lost_clips_.size() == 1 ? "" : ", ...", "); collect their source again"));
  }

  void plan(const Source& source) {
    report_.remarks.insert(report_.remarks.end(), source.remarks.begin(), source.remarks.end());
    report_.warnings.insert(report_.warnings.end(), source.warnings.begin(), source.warnings.end());
    Counted unlabelled;
    Transaction transaction(catalogue_);
    const std::int64_t source_row = take_source(database_, source);
    for (const SourceItem& item : source.items) plan_item(source, source_row, item, &unlabelled);
    transaction.commit();
    if (unlabelled.count == 0) return;
    report_.warnings.push_back(
        concat(source.name, ": ", unlabelled.count,
               unlabelled.count == 1 ? " known clip loses its" : " known clips lose their",
               " given labels, since this source, read as '", source.kind, "', no longer gives any (",
               unlabelled.example, unlabelled.count == 1 ? ")" : ", ...)"));
  }

  void plan_item(const Source& source, std::int64_t source_row, const SourceItem& item, Counted* unlabelled) {
    const auto stamp = read_stamp(item.file);
    const auto known = find_file(database_, source_row, item.path);
    const bool other = known && says_other_things(*known, source, item);
    if (other) take_metadata(*known, source, source_row, item, unlabelled);
    if (known && is_settled(*known, stamp, config_id_, lost_clips_)) {
      if (!other) ++report_.unchanged_count;
      return advance();
    }
    const KnownFile before = known.value_or(KnownFile{});
    tasks_.push_back(
        {&source, &item, source_row, stamp.value_or(FileStamp{}), before.clip_id, before.kept_clip_id});
  }

  void take_metadata(const KnownFile& known, const Source& source, std::int64_t source_row,
                     const SourceItem& item, Counted* unlabelled) {
    ++report_.relabelled_count;
    if (known.clip_id == 0) {
      set_duplicate_metadata(database_, source_row, item.path, said_of_duplicate(source, item));
      report_.completed_count += merge_clip(database_, known.kept_clip_id, options_.split);
      return;
    }
    const bool had_labels = !read_given_labels(database_, known.clip_id).empty();
    update_clip(database_, known.clip_id, item, options_.split);
    if (had_labels && read_given_labels(database_, known.clip_id).empty() && unlabelled->count++ == 0)
      unlabelled->example = item.path;
  }

  void write_tasks() {
    if (tasks_.empty()) return;
    undo_few_in_train(catalogue_, options_.split);
    audio::ffmpeg_api();  // a missing decoder is an error of its own, not a thousand undecodable files
    if (options_.near_duplicates) load_index();
    const auto threads = options_.thread_count > 0
                             ? options_.thread_count
                             : std::max<std::int32_t>(1, std::thread::hardware_concurrency());
    OrderedWork<Intake> work(std::ssize(tasks_), threads, [this](std::int64_t i) {
      const SourceItem& item = *tasks_[static_cast<std::size_t>(i)].item;
      if (!is_allowed(item.licence, options_.licences_allowed)) return refuse_licence(item);
      if (Intake known; options_.known_intake && options_.known_intake(item.file, &known)) return known;
      return take_in(item.file, store_, options_);
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
      leave_kept_clip(tasks_[next]);
      ++next;
      advance();
    } while (next < tasks_.size() && std::chrono::steady_clock::now() < end);
    transaction.commit();
    if (failure) std::rethrow_exception(failure);
    return next;
  }

  // The file may have lost its clip to a longer one meanwhile.
  bool is_own_file(const Task& task) const {
    if (task.clip_id == 0) return false;
    const OwnFile own = own_file(database_, task.clip_id);
    return own.source_id == task.source_id && own.path == task.item->path;
  }

  void write(const Task& task, const Intake& intake) {
    if (is_own_file(task)) return write_changed(task, intake);
    if (intake.refused) return set_aside(task, *intake.refused, intake.detail, {});
    if (const auto kept = find_clip_by_hash(database_, intake.hash); kept != 0) {
      if (take_moved(task, intake, kept)) return;
      set_aside(task, SetAsideReason::exact_duplicate, concat("same audio as ", describe(kept, task)),
                {kept, said_of_duplicate(*task.source, *task.item), 0});
      if (lost_clips_.contains(kept)) return restore(kept, intake);
      return remove(intake);
    }
    std::string recording = unnamed_recording(intake.hash);
    if (options_.near_duplicates) {
      if (const auto match = index_.find(intake.fingerprint)) {
        if (match->covered >= 0.5) return write_near(task, intake, *match);
        // It holds a known clip and much more: worth keeping, but never in another split than that clip.
        recording = name_of_clip(database_, match->clip_id).recording;
      }
    }
    add(task, intake, recording);
  }

  // What a file said of the clip that it was a duplicate of holds no longer where it is another's, or none.
  void leave_kept_clip(const Task& task) {
    for (const std::int64_t clip_id : {task.kept_clip_id, task.clip_id}) {
      if (clip_id != 0) merge_clip(database_, clip_id, options_.split);
    }
  }

  // What somebody sent takes nothing over that did not come the same way: the clip would be of a stranger's audio, or held back.
  bool may_take_over(const Task& task, std::int64_t clip_id) {
    if (!is_submitted(*task.source)) return true;
    auto query =
        database_.query("SELECT s.kind FROM clips c JOIN sources s ON s.id = c.source_id WHERE c.id = ?");
    return query.bind(clip_id).step() && query.text(0) == kSubmissions;
  }

  // A clip of this audio whose own file is gone: that file was moved here.
  bool take_moved(const Task& task, const Intake& intake, std::int64_t kept) {
    if (!may_take_over(task, kept)) return false;
    const OwnFile own = own_file(database_, kept);
    if (!own_file_is_gone(database_, kept, *sources_) || !says_as_much(*task.item, own.metadata))
      return false;
    set_own_file(database_, kept, task.source_id, *task.item, task.stamp, intake.hash, options_.split);
    merge_clip(database_, kept, options_.split);
    if (own.source_id != task.source_id) moved_.insert({own.source_id, task.source_id});
    ++report_.moved_count;
    lost_clips_.contains(kept) ? restore(kept, intake) : remove(intake);
    return true;
  }

  void forget_what_moved() {
    Transaction transaction(catalogue_);
    for (const auto& [from, to] : moved_) forget_moved_files(database_, from, to);
    transaction.commit();
  }

  // Of two takes the longer is kept, whichever came first. One that holds several clips would bring them together, which may
  // be in different splits: there the clips stay.
  void write_near(const Task& task, const Intake& intake, const DuplicateMatch& match) {
    const double kept_s = name_of_clip(database_, match.clip_id).duration_s;
    const double duration_s = static_cast<double>(intake.sample_count) / intake.sample_rate_hz;
    if (duration_s > kept_s * kLongerShare && match.alone && may_take_over(task, match.clip_id))
      return keep_longer(task, intake, match);
    const double offset_s = kFingerprintFrameS * static_cast<double>(match.match.offset_frames);
    set_aside(task, SetAsideReason::near_duplicate,
              near_detail(describe(match.clip_id, task), match, offset_s),
              {match.clip_id, said_of_duplicate(*task.source, *task.item), offset_s});
    remove(intake);
  }

  static std::string near_detail(const std::string& kept, const DuplicateMatch& match, double offset_s) {
    return concat("same take as ", kept, ": ", fixed(100 * match.match.similarity, 1), " % of bits equal, ",
                  fixed(offset_s, 2), " s into it");
  }

  // The clip goes over to the longer file; what was its own file until now is set aside.
  void keep_longer(const Task& task, const Intake& intake, const DuplicateMatch& match) {
    const std::int64_t clip_id = match.clip_id;
    const OwnFile shorter = own_file(database_, clip_id);
    const double begin_s = -kFingerprintFrameS * static_cast<double>(match.match.offset_frames);
    const ClipName was = name_of_clip(database_, clip_id);
    const std::string now =
        concat("clip ", clip_id, " (", file_name_beside(task.source->name, task.item->path, was.source), ")");
    report_.added_s += static_cast<double>(intake.sample_count) / intake.sample_rate_hz - was.duration_s;
    store_.adopt(intake.temporary, intake.hash);
    set_own_file(database_, clip_id, task.source_id, *task.item, task.stamp, intake.hash, options_.split);
    const std::int64_t view_id = replace_audio(database_, clip_id, task.stamp, intake);
    const std::string detail = near_detail(now, match, begin_s);
    shift_duplicates(database_, clip_id, begin_s, detail);
    put_set_aside(database_, shorter.source_id, shorter.path, shorter.stamp, SetAsideReason::near_duplicate,
                  concat(detail, ", which is longer"), {clip_id, metadata_text(shorter.metadata), begin_s},
                  config_id_);
    ++report_.set_aside[SetAsideReason::near_duplicate];
    merge_clip(database_, clip_id, options_.split);
    add_windows(view_id, intake);
    index_.add(clip_id, intake.fingerprint);
    lost_clips_.erase(clip_id);
  }

  void add(const Task& task, const Intake& intake, const std::string& recording) {
    store_.adopt(intake.temporary, intake.hash);
    const NewClip added =
        insert_clip(database_, task.source_id, *task.item, task.stamp, intake, recording, options_.split);
    add_windows(added.view_id, intake);
    if (options_.near_duplicates) index_.add(added.clip_id, intake.fingerprint);
    ++report_.added_count;
    if (!intake.damage.empty() && damaged_.count++ == 0)
      damaged_.example = concat(task.item->file.string(), ": ", intake.damage);
    if (std::abs(intake.offset) >= kNoticedOffset && offset_.count++ == 0) {
      offset_.example = concat(task.item->file.string(), ": its samples have a constant offset of ",
                               fixed(intake.offset, 3),
                               " of full scale (the microphone's); levels are measured without it");
    }
    report_.added_s += static_cast<double>(intake.sample_count) / intake.sample_rate_hz;
  }

  void write_changed(const Task& task, const Intake& intake) {
    if (intake.refused) {
      report_.warnings.push_back(concat(task.item->file.string(), ": has changed and is now ",
                                        set_aside_reason_name(*intake.refused), " (", intake.detail,
                                        "); the clip as stored before is kept"));
      return;
    }
    if (original_view(catalogue_, task.clip_id).hash == intake.hash) {
      set_stamp(database_, task.clip_id, task.stamp);
      if (lost_clips_.contains(task.clip_id)) return restore(task.clip_id, intake);
      ++report_.unchanged_count;
      return remove(intake);
    }
    store_.adopt(intake.temporary, intake.hash);
    add_windows(replace_audio(database_, task.clip_id, task.stamp, intake), intake);
    ++report_.replaced_count;
    lost_clips_.erase(task.clip_id);
    if (const std::int64_t count = forget_duplicates(database_, task.clip_id); count > 0) {
      merge_clip(database_, task.clip_id, options_.split);
      report_.warnings.push_back(concat(task.item->file.string(), ": has changed; ", count,
                                        " files that were its",
                                        " duplicates are looked at again by the next collect"));
    }
  }

  void restore(std::int64_t clip_id, const Intake& intake) {
    store_.adopt(intake.temporary, intake.hash);
    set_restored(database_, clip_id, intake.size_bytes);
    lost_clips_.erase(clip_id);
    ++report_.restored_count;
  }

  void add_windows(std::int64_t view_id, const Intake& intake) {
    report_.window_count += insert_windows(
        database_, view_id, window_config_id_,
        cut_windows(intake.levels, intake.sample_rate_hz, intake.sample_count, options_.window));
  }

  void set_aside(const Task& task, SetAsideReason reason, const std::string& detail,
                 const DuplicateOf& duplicate) {
    put_set_aside(database_, task.source_id, task.item->path, task.stamp, reason, detail, duplicate,
                  config_id_);
    ++report_.set_aside[reason];
    if (duplicate.clip_id != 0)
      report_.completed_count += merge_clip(database_, duplicate.clip_id, options_.split);
  }

  // "clip 3 (bark/1.wav)"
  std::string describe(std::int64_t clip_id, const Task& task) const {
    const ClipName name = name_of_clip(database_, clip_id);
    return concat("clip ", clip_id, " (", file_name_beside(name.source, name.path, task.source->name), ")");
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
  std::set<std::int64_t> lost_clips_;                      // whose original audio is not in the store
  const std::vector<Source>* sources_ = nullptr;           // of this run
  std::set<std::pair<std::int64_t, std::int64_t>> moved_;  // from which source to which clips have moved
  Counted damaged_, offset_;
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
  forecast.splits_change =
      split && (split->text != split_text(options.split) || few_would_move(catalogue, options.split));
  const auto lost = list_lost_audio(catalogue);
  const auto lost_clips = clips_of_lost_originals(lost);
  forecast.lost_count = std::ssize(lost) - std::ssize(lost_clips);
  for (const Source& source : sources) {
    forecast.file_count += std::ssize(source.items);
    const std::int64_t source_row = look_up_source(database, source);
    for (const SourceItem& item : source.items) {
      const auto stamp = read_stamp(item.file);
      const auto known = source_row == 0 ? std::nullopt : find_file(database, source_row, item.path);
      if (known && says_other_things(*known, source, item)) ++forecast.relabelled_count;
      if (!known || !is_settled(*known, stamp, config ? config->id : 0, lost_clips))
        forecast.pending_files.push_back(item.file);
    }
  }
  forecast.uncut_view_count = count_uncut_views(catalogue, options.window);
  return forecast;
}

}  // namespace pupil::corpus
