#include "label_stage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "audio/resampler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/views.h"
#include "label_decision.h"
#include "label_summary.h"
#include "nn/model_store.h"
#include "stage_run.h"
#include "teacher/teacher.h"
#include "view_audio.h"

namespace pupil::cli {
namespace {

// Windows decided per transaction where nothing costly is computed.
constexpr std::int64_t kCheapBatch = 5000;

// One teacher and what it said under its configurations.
struct Listener {
  TeacherSpec spec;
  std::unique_ptr<teacher::Teacher> teacher;
  corpus::StageConfig embed;
  corpus::StageConfig score;
};

std::string hash_model(const std::filesystem::path& path) {
  Sha256 hash;
  for (const nn::FileCheck& check : nn::verify_model(path)) hash.update(check.sha256);
  return hash.hex();
}

// How a configuration is looked up: corpus::configure(), or one that only looks.
using Configure = std::function<corpus::StageConfig(std::string_view stage, const std::string& text)>;

Configure configure_in(corpus::Catalogue& catalogue) {
  return [&catalogue](std::string_view stage, const std::string& text) {
    return corpus::configure(catalogue, stage, text);
  };
}

// An unknown configuration has the id 0: nothing was ever stored under it.
Configure find_in(corpus::Catalogue& catalogue) {
  return [&catalogue](std::string_view stage, const std::string& text) {
    return corpus::find_config(catalogue, stage, text).value_or(corpus::StageConfig{});
  };
}

Listener make_listener(const Project& project, const TeacherSpec& spec, const corpus::StageConfig& windows,
                       const Configure& configure) {
  Listener listener;
  listener.spec = spec;
  const std::filesystem::path path = nn::resolve_model(spec.model, project.dir, nn::cache_dir());
  listener.teacher = teacher::load_teacher(path, {project.teacher.precision});
  with_context(project.name, [&] { listener.teacher->set_classes(project.all_classes()); });

  Json embed;
  embed.set("kind", listener.teacher->kind());
  embed.set("weights", hash_model(path));
  embed.set("hears", project.teacher.hears);
  if (project.teacher.hears == "context") embed.set("context_s", project.teacher.context_s);
  embed.set("precision", project.teacher.precision);
  embed.set("windows", windows.hash);
  listener.embed = configure("embed", embed.dump());

  Json score;
  score.set("embed", listener.embed.hash);
  score.set("classes", listener.teacher->class_config());
  listener.score = configure("score", score.dump());
  return listener;
}

// The audio a teacher hears for one window: the window, or more around it, moved so as to stay in the clip.
struct Stretch {
  std::int64_t start_sample;
  std::int64_t length_samples;
};

Stretch heard_stretch(const TeacherSection& section, const corpus::Window& window, const corpus::View& view) {
  if (section.hears != "context") return {window.start_sample, window.length_samples};
  const std::int64_t wanted = std::llround(section.context_s * view.sample_rate_hz);
  const std::int64_t length = std::max(window.length_samples, std::min(wanted, view.sample_count));
  const std::int64_t centred = window.start_sample - (length - window.length_samples) / 2;
  return {std::clamp<std::int64_t>(centred, 0, std::max<std::int64_t>(0, view.sample_count - length)), length};
}

// A batch read ahead while the teacher listens to the one before.
template <typename Item>
struct Batch {
  std::vector<Item> items;
  std::vector<std::vector<float>> audio;  // at the teacher's rate, one per item
};

class Hearing {
 public:
  Hearing(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
          const corpus::WindowFilter& filter, const Listener& listener)
      : project_(project),
        catalogue_(catalogue),
        filter_(filter),
        listener_(listener),
        reader_(catalogue, store) {}

  // Returns the number of new embeddings.
  std::int64_t run() { return project_.teacher.hears == "clip" ? hear_views() : hear_windows(); }

 private:
  std::int64_t hear_windows() {
    const std::int64_t total = corpus::count_pending_embeddings(catalogue_, filter_, listener_.embed.id);
    return walk<corpus::Window>(
        total, "windows",
        [&](std::int64_t after, std::int64_t limit) {
          return corpus::pending_embeddings(catalogue_, filter_, listener_.embed.id, after, limit);
        },
        [&](const corpus::Window& window) { return window_audio(window); },
        [&](const corpus::Window& window, const teacher::Heard& heard) {
          if (heard.problem.empty()) {
            corpus::put_embedding(catalogue_, listener_.embed.id, window.id, heard.embedding);
          } else {
            corpus::put_window_skip(catalogue_, listener_.embed.id, window.id, "unusable audio", heard.problem);
          }
        });
  }

  std::int64_t hear_views() {
    const std::int64_t total = corpus::count_pending_view_embeddings(catalogue_, filter_, listener_.embed.id);
    return walk<corpus::View>(
        total, "clips",
        [&](std::int64_t after, std::int64_t limit) {
          return corpus::pending_view_embeddings(catalogue_, filter_, listener_.embed.id, after, limit);
        },
        [&](const corpus::View& view) { return at_teacher_rate(reader_.read(view.hash, 0, view.sample_count), view); },
        [&](const corpus::View& view, const teacher::Heard& heard) {
          if (heard.problem.empty()) {
            corpus::put_view_embedding(catalogue_, listener_.embed.id, view.id, heard.embedding);
          } else {
            corpus::put_view_skip(catalogue_, listener_.embed.id, view.id, "unusable audio", heard.problem);
          }
        });
  }

  // The catalogue is used from this thread only; the one that reads ahead touches audio files alone.
  template <typename Item, typename Pending, typename Read, typename Put>
  std::int64_t walk(std::int64_t total, const char* unit, Pending pending, Read read, Put put) {
    if (total == 0) return 0;
    Progress progress(concat(listener_.teacher->kind(), " listens"), total, unit);
    const auto next_items = [&](std::int64_t after) { return pending(after, project_.teacher.batch); };
    const auto load = [&](std::vector<Item> items) {
      Batch<Item> batch{std::move(items), {}};
      for (const Item& item : batch.items) batch.audio.push_back(read(item));
      return batch;
    };
    std::int64_t count = 0;
    std::vector<Item> items = next_items(0);
    remember_views(items);
    std::future<Batch<Item>> ahead = std::async(std::launch::async, load, items);
    while (!items.empty()) {
      const Batch<Item> batch = ahead.get();
      items = next_items(batch.items.back().id);
      remember_views(items);
      if (!items.empty()) ahead = std::async(std::launch::async, load, items);
      const std::vector<teacher::Heard> heard = listener_.teacher->hear(batch.audio);
      corpus::Transaction transaction(catalogue_);
      for (std::size_t i = 0; i < heard.size(); ++i) put(batch.items[i], heard[i]);
      transaction.commit();
      count += static_cast<std::int64_t>(heard.size());
      progress.advance(static_cast<std::int64_t>(heard.size()));
    }
    return count;
  }

  void remember_views(const std::vector<corpus::View>&) {}
  void remember_views(const std::vector<corpus::Window>& windows) {
    const std::lock_guard lock(views_mutex_);
    std::map<std::int64_t, corpus::View> views;
    for (const corpus::Window& window : windows) {
      if (views.contains(window.view_id)) continue;
      const auto known = views_.find(window.view_id);
      views[window.view_id] = known != views_.end() ? known->second : corpus::get_view(catalogue_, window.view_id);
    }
    views_ = std::move(views);
  }

  std::vector<float> window_audio(const corpus::Window& window) {
    corpus::View view;
    {
      const std::lock_guard lock(views_mutex_);
      view = views_.at(window.view_id);
    }
    const Stretch stretch = heard_stretch(project_.teacher, window, view);
    return at_teacher_rate(reader_.read(view.hash, stretch.start_sample, stretch.length_samples), view);
  }

  std::vector<float> at_teacher_rate(std::vector<float> samples, const corpus::View& view) const {
    const std::int32_t rate = listener_.teacher->sample_rate_hz();
    if (view.sample_rate_hz == rate) return samples;
    return audio::resample(samples, view.sample_rate_hz, rate);
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::WindowFilter& filter_;
  const Listener& listener_;
  ViewAudio reader_;
  std::mutex views_mutex_;
  std::map<std::int64_t, corpus::View> views_;  // of the batches under way
};

std::int64_t score_pending(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& filter,
                           const Listener& listener) {
  const bool by_clip = project.teacher.hears == "clip";
  std::int64_t count = 0;
  std::int64_t after = 0;
  while (true) {
    const std::vector<corpus::Window> windows =
        corpus::pending_scores(catalogue, filter, listener.score.id, after, kCheapBatch);
    if (windows.empty()) return count;
    after = windows.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : windows) {
      const std::vector<float> embedding =
          by_clip ? corpus::get_view_embedding(catalogue, listener.embed.id, window.view_id)
                  : corpus::get_embedding(catalogue, listener.embed.id, window.id);
      if (embedding.empty()) continue;  // skipped when it was heard
      corpus::put_scores(catalogue, listener.score.id, window.id, listener.teacher->score(embedding));
      ++count;
    }
    transaction.commit();
  }
}

corpus::WindowOptions window_options(const Project& project) {
  corpus::WindowOptions options;
  options.length_s = project.window.length_s;
  options.hop_s = project.window.hop_s;
  return options;
}

// What hearing costs depends on who hears and on how much is heard at once.
std::string work_kind(const Project& project) {
  std::string names;
  for (const TeacherSpec& spec : project.teacher.teachers()) names += concat(spec.model, ", ");
  return concat(names, "hears ", project.teacher.hears, ", ", project.teacher.precision);
}

teacher::ScoreStandardiser standardise_over_corpus(corpus::Catalogue& catalogue, const Listener& listener,
                                                   std::size_t class_count) {
  teacher::ScoreStandardiser standardiser(static_cast<std::int64_t>(class_count));
  corpus::for_each_scores(catalogue, listener.score.id,
                          [&](std::int64_t, std::span<const float> scores) { standardiser.add(scores); });
  return standardiser;
}

std::vector<TeacherVoice> voices_of(std::span<const Listener> listeners, corpus::Catalogue& catalogue,
                                    std::size_t class_count) {
  std::vector<TeacherVoice> voices;
  for (const Listener& listener : listeners) {
    TeacherVoice voice{listener.score, listener.spec.weight, listener.spec.temperature, std::nullopt};
    if (listener.teacher->standardise()) {
      voice.standardiser = standardise_over_corpus(catalogue, listener, class_count);
    }
    voices.push_back(std::move(voice));
  }
  return voices;
}

}  // namespace

LiveTeachers make_live_teachers(const Project& project, corpus::Catalogue& catalogue, std::int32_t sample_rate_hz) {
  const corpus::StageConfig windows = corpus::window_config(catalogue, window_options(project));
  // Shared: a std::function is copied.
  const auto listeners = std::make_shared<std::vector<Listener>>();
  for (const TeacherSpec& spec : project.teacher.teachers()) {
    listeners->push_back(make_listener(project, spec, windows, configure_in(catalogue)));
  }
  const std::size_t class_count = project.all_classes().size();
  const std::vector<TeacherVoice> voices = voices_of(*listeners, catalogue, class_count);
  for (const TeacherVoice& voice : voices) {
    if (voice.standardiser && voice.standardiser->count() == 0) throw Error("nothing is labelled yet: pupil label");
  }
  return [listeners, voices, class_count, sample_rate_hz](std::span<const float> audio, std::int64_t count) {
    std::vector<std::vector<std::vector<float>>> logits(static_cast<std::size_t>(count));
    for (const Listener& listener : *listeners) {
      std::vector<std::vector<float>> stretches;
      const std::size_t length = audio.size() / static_cast<std::size_t>(count);
      for (std::size_t i = 0; i < logits.size(); ++i) {
        stretches.push_back(
            audio::resample(audio.subspan(i * length, length), sample_rate_hz, listener.teacher->sample_rate_hz()));
      }
      const std::vector<teacher::Heard> heard = listener.teacher->hear(stretches);
      for (std::size_t i = 0; i < logits.size(); ++i) {
        logits[i].push_back(heard[i].problem.empty() ? listener.teacher->score(heard[i].embedding)
                                                     : std::vector<float>());
      }
    }
    std::vector<float> soft;
    for (auto& of_window : logits) {
      std::vector<float> target = average_voices(voices, std::move(of_window));
      target.resize(class_count);
      soft.insert(soft.end(), target.begin(), target.end());
    }
    return soft;
  };
}

corpus::WindowFilter labelled_windows_filter(const Project& project, corpus::Catalogue& catalogue,
                                             const corpus::Shard& shard) {
  corpus::WindowFilter filter;
  filter.window_config_id = corpus::window_config(catalogue, window_options(project)).id;
  filter.original = project.separate.mode != "separated";
  if (project.separate.mode != "off") {
    const std::optional<corpus::StageConfig> separation = corpus::latest_config(catalogue, "separate");
    if (!separation) throw Error("[separate] mode asks for separated views, but there are none yet: pupil separate");
    filter.separate_config_id = separation->id;
  }
  filter.shard = shard;
  return filter;
}

LabelStageReport run_label_stage(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                                 const corpus::Shard& shard, const Json& options) {
  const std::vector<SoundClass> classes = project.all_classes();
  if (classes.size() < 2) throw Error("pupil.toml: labelling needs at least two classes ([[class]], [[negative]])");
  StageRun run(catalogue, "label", options);
  corpus::cut_pending_windows(catalogue, window_options(project));
  const corpus::StageConfig windows = corpus::window_config(catalogue, window_options(project));

  corpus::WindowFilter all = labelled_windows_filter(project, catalogue, shard);
  corpus::WindowFilter active = all;
  active.min_activity_db = project.label.activity_db;
  if (corpus::count_windows(catalogue, all) == 0) throw Error("there is nothing to label: pupil collect brings clips in");

  LabelStageReport report;
  std::vector<Listener> listeners;
  const auto start = std::chrono::steady_clock::now();
  for (const TeacherSpec& spec : project.teacher.teachers()) {
    listeners.push_back(make_listener(project, spec, windows, configure_in(catalogue)));
    const Listener& listener = listeners.back();
    report.heard_count += Hearing(project, catalogue, store, active, listener).run();
    report.scored_count += score_pending(project, catalogue, active, listener);
    for (const corpus::SkipCount& skip : corpus::count_skips(catalogue, listener.embed.id)) report.skips.push_back(skip);
  }

  run.set_work(work_kind(project), static_cast<double>(report.heard_count), start);
  decide_labels(project, catalogue, all, voices_of(listeners, catalogue, classes.size()));
  summarise_labels(project, catalogue, all, &report);
  run.finish(label_report_json(report));
  return report;
}

LabelForecast forecast_labels(const Project& project, corpus::Catalogue& catalogue) {
  LabelForecast forecast;
  forecast.kind = work_kind(project);
  const auto windows = corpus::find_window_config(catalogue, window_options(project));
  if (!windows) return forecast;
  corpus::WindowFilter all;
  all.window_config_id = windows->id;
  all.original = project.separate.mode != "separated";
  if (project.separate.mode != "off") {
    const auto separation = corpus::latest_config(catalogue, "separate");
    all.separate_config_id = separation ? separation->id : 0;
  }
  corpus::WindowFilter active = all;
  active.min_activity_db = project.label.activity_db;
  forecast.window_count = corpus::count_windows(catalogue, all);
  std::vector<Listener> listeners;
  for (const TeacherSpec& spec : project.teacher.teachers()) {
    listeners.push_back(make_listener(project, spec, *windows, find_in(catalogue)));
    const Listener& listener = listeners.back();
    forecast.unheard_count += project.teacher.hears == "clip"
                                  ? corpus::count_pending_view_embeddings(catalogue, active, listener.embed.id)
                                  : corpus::count_pending_embeddings(catalogue, active, listener.embed.id);
  }
  const std::string text =
      label_config_text(project, all, voices_of(listeners, catalogue, project.all_classes().size()));
  forecast.undecided_count = corpus::count_pending_labels(catalogue, all, find_in(catalogue)("label", text).id);
  return forecast;
}

}  // namespace pupil::cli
