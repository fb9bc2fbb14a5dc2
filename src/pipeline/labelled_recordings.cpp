// SPDX-License-Identifier: Apache-2.0
// Each recording is decoded twice, once for its levels and once for its windows, and never kept: which
// windows count is known only when the floor of the whole recording is.
//
// 1. items_, scores_ [n, K] and any_ grow together, one entry per recording that was scored; named_ and
//    named_scores_ are those of them whose label is a class of the model.
// 2. A recording's score is the mean over active windows (all of them where none is active). Events are built
//    from all windows, as on the device, which does not know a recording's floor beforehand.
// 3. False alarms are counted only in recordings whose labels mean no reported class.

#include "pipeline/labelled_recordings.h"

#include <algorithm>
#include <map>
#include <utility>

#include "audio/decoder.h"
#include "audio/window_reader.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/folder_listing.h"
#include "corpus/level_track.h"
#include "corpus/windows.h"
#include "evaluation/alarms.h"
#include "evaluation/reference_figures.h"
#include "metrics/decisions.h"

namespace pupil::pipeline {
namespace {

/// What the model makes of one recording.
struct ScoredClip {
  std::vector<float> scores;  // [K], mean over active windows
  std::vector<metrics::Event> events;
  double duration_s = 0;
};

struct Levels {
  corpus::LevelTrack track;
  std::int64_t sample_count = 0;
};

// In one pass that keeps no sample: a recording may be a night long.
Levels measure_levels(const std::filesystem::path& path, const audio::DecodeOptions& decode) {
  return with_context(path.string(), [&] {
    audio::Decoder decoder(path, decode);
    corpus::LevelMeter meter(decode.sample_rate_hz);
    Levels levels;
    std::vector<float> piece(1 << 14);
    while (const std::size_t count = decoder.read(piece)) {
      meter.push(std::span(std::as_const(piece)).first(count));
      levels.sample_count += static_cast<std::int64_t>(count);
    }
    levels.track = meter.finish();
    return levels;
  });
}

ScoredClip score_clip(evaluation::DeviceNetwork& network, const std::filesystem::path& path,
                      const LabelledDataOptions& options) {
  const edge::Model& model = network.model();
  const std::int32_t rate_hz = model.front_end().sample_rate_hz;
  audio::DecodeOptions decode;
  decode.sample_rate_hz = rate_hz;
  const Levels levels = measure_levels(path, decode);
  corpus::WindowOptions cut;
  cut.length_s = static_cast<double>(network.window_samples()) / rate_hz;
  cut.hop_s = options.hop_s;
  const std::vector<corpus::WindowSpan> windows =
      corpus::cut_windows(levels.track, rate_hz, levels.sample_count, cut);
  const bool any_active = std::any_of(windows.begin(), windows.end(), [&](const corpus::WindowSpan& window) {
    return window.activity_db >= options.activity_db;
  });
  evaluation::EventBuilder builder(evaluation::model_thresholds(model), options.reported_count);
  ScoredClip clip;
  clip.duration_s = static_cast<double>(levels.sample_count) / rate_hz;
  std::vector<double> sums(network.class_count());
  double count = 0;
  audio::WindowReader reader(path, decode);
  for (const corpus::WindowSpan& window : windows) {
    const std::vector<float> audio = reader.read(window.start_sample, network.window_samples());
    const std::vector<float> scores = evaluation::device_scores(model, network.logits(audio));
    const double start_s = static_cast<double>(window.start_sample) / rate_hz;
    builder.add(start_s, start_s + cut.length_s, scores);
    if (any_active && window.activity_db < options.activity_db) continue;
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += scores[k];
    ++count;
  }
  for (const double sum : sums) clip.scores.push_back(static_cast<float>(sum / count));
  clip.events = builder.events();
  return clip;
}

LabelMeaning meaning_of(const corpus::SourceItem& item, const LabelledDataOptions& options) {
  LabelMeaning all;
  all.class_index = corpus::agreed_class(
      item.given, [&](const std::string& given) { return options.meaning(given).class_index; });
  for (const corpus::GivenLabel& given : item.given)
    all.any_class = all.any_class || options.meaning(given.label).any_class;
  return all;
}

// Decided with thresholds, "none of these" being an answer as good as any.
Json with_thresholds_json(const evaluation::Items& items, const std::vector<float>& scores,
                          const edge::Model& model, std::span<const std::string> names) {
  const std::vector<std::int32_t> decided =
      metrics::decide_above(scores, evaluation::model_thresholds(model));
  const metrics::ConfusionMatrix confusion(items.reference, decided, model.class_count());
  Json json;
  json.set("count", std::ssize(decided));
  json.set("accuracy", evaluation::interval_json(
                           metrics::bootstrap_accuracy(items.reference, decided, items.recordings)));
  json.set("none_of_these", std::count(decided.begin(), decided.end(), metrics::kNone));
  Json classes = Json(Json::Array());
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    const metrics::ClassFigures figures = confusion.figures(k);
    Json row;
    row.set("name", names[static_cast<std::size_t>(k)]);
    row.set("reference_count", figures.truth_count);
    row.set("decided_count", figures.decided_count);
    row.set("precision", figures.precision);
    row.set("recall", figures.recall);
    classes.push_back(row);
  }
  json.set("classes", classes);
  return json;
}

class Measuring {
 public:
  Measuring(evaluation::DeviceNetwork& network, const LabelledDataOptions& options)
      : network_(network), options_(options) {
    alarms_.name = "recordings of other sounds";
    alarms_.false_count.resize(static_cast<std::size_t>(options.reported_count));
  }

  void score(std::span<const corpus::Source> sources) {
    std::int64_t total = 0;
    for (const corpus::Source& source : sources) total += std::ssize(source.items);
    Progress progress("listening", total, "recordings");
    for (const corpus::Source& source : sources) {
      for (const corpus::SourceItem& item : source.items) {
        score(source, item);
        progress.advance();
      }
    }
    progress.finish();
    warn_of_foreign_labels();
  }

  LabelledDataFigures figures() {
    if (items_.reference.empty()) throw Error("no labelled recording could be read");
    const edge::Model& model = network_.model();
    std::vector<std::string> names;
    for (std::int32_t k = 0; k < model.class_count(); ++k) names.emplace_back(model.label(k));
    LabelledDataFigures figures;
    figures.split.set("clips", std::ssize(items_.reference));
    figures.split.set("clips_unreadable", unreadable_count_);
    if (!named_.reference.empty()) {
      const auto of_classes =
          evaluation::measure_systems(named_, {{}, {}, named_scores_}, model.class_count());
      Json json = evaluation::reference_json(of_classes, names);
      json.set("retained_int8", Json());  // no teacher scored these
      figures.split.set("clips_against_truth", json);
    }
    figures.split.set("with_thresholds", with_thresholds_json(items_, scores_, model, names));
    evaluation::SplitClips clips;
    clips.clips.resize(items_.reference.size());
    clips.recordings = items_.recordings;
    clips.scores.int8 = scores_;
    const bool one_of_k = model.score_kind() == edge::ScoreKind::softmax;
    if (const auto any = evaluation::measure_any_class(clips, any_, model.class_count(),
                                                       options_.reported_count, one_of_k))
      figures.any_class = evaluation::any_class_json(*any);
    if (alarms_.duration_s > 0) figures.false_alarms = evaluation::alarms_json(alarms_, names);
    return figures;
  }

 private:
  void score(const corpus::Source& source, const corpus::SourceItem& item) {
    if (item.given.empty()) return;
    ScoredClip clip;
    try {
      if (const auto problem = corpus::file_problem(item.file))
        throw Error(concat(item.file.string(), ": ", *problem));
      clip = score_clip(network_, item.file, options_);
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      log_warning(error.what());
      ++unreadable_count_;
      return;
    }
    const LabelMeaning meaning = meaning_of(item, options_);
    if (meaning.class_index < 0 && !meaning.any_class) ++foreign_labels_[item.given.front().label];
    const std::string group = concat(source.name, "\n", item.recording.empty() ? item.path : item.recording);
    const std::int64_t recording =
        groups_.try_emplace(group, static_cast<std::int64_t>(groups_.size())).first->second;
    const auto add = [&](evaluation::Items* items, std::vector<float>* scores) {
      items->reference.push_back(meaning.class_index);
      items->recordings.push_back(recording);
      scores->insert(scores->end(), clip.scores.begin(), clip.scores.end());
    };
    add(&items_, &scores_);
    if (meaning.class_index >= 0) add(&named_, &named_scores_);
    any_.push_back(meaning.any_class ? 1 : 0);
    if (!meaning.any_class) evaluation::add_detections(clip.events, {}, clip.duration_s, &alarms_);
  }

  // Rightly so of other sounds; a label that is spelled otherwise than its class would count against the
  // model.
  void warn_of_foreign_labels() const {
    if (foreign_labels_.empty()) return;
    std::int64_t count = 0;
    for (const auto& [label, clips] : foreign_labels_) count += clips;
    const auto& [label, clips] = *foreign_labels_.begin();
    const auto others = std::ssize(foreign_labels_) - 1;
    log_warning(concat(count, count == 1 ? " recording counts" : " recordings count",
                       " as other sounds: no class of "
                       "the model is named as its given label '",
                       label, "' (", clips, ")",
                       others > 0 ? concat(" nor as ", others, " other labels") : "",
                       "; --map GIVEN=CLASS says which is meant"));
  }

  evaluation::DeviceNetwork& network_;
  const LabelledDataOptions& options_;
  std::map<std::string, std::int64_t> groups_;
  std::map<std::string, std::int64_t> foreign_labels_;  // of no class, and how many recordings carry it first
  evaluation::Items items_, named_;                     // all; those whose label is a class of the model
  std::vector<float> scores_, named_scores_;
  std::vector<std::int8_t> any_;
  evaluation::AlarmFigures alarms_;
  std::int64_t unreadable_count_ = 0;
};

}  // namespace

LabelledDataFigures measure_labelled_recordings(evaluation::DeviceNetwork& network,
                                                std::span<const corpus::Source> sources,
                                                const LabelledDataOptions& options) {
  Measuring measuring(network, options);
  measuring.score(sources);
  return measuring.figures();
}

}  // namespace pupil::pipeline
