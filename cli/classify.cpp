// SPDX-License-Identifier: Apache-2.0
// pupil classify: what a model finds in recordings or in a live stream.
//
// One Classifier serves all files: stream and event detector are placed once, in state_ and event_state_;
// start() resets the stream, finish() the detector. Samples go through in blocks and only sums are kept, so a
// recording may have any length. A live stream prints as it goes and has no mean: it may never end.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/check_status.h"
#include "base/error.h"
#include "base/log.h"
#include "base/standard_output.h"
#include "base/text.h"
#include "commands.h"
#include "device/model_file.h"
#include "pupil/edge/events.h"
#include "pupil/edge/stream.h"
#include "sample_source.h"
#include "stuck_input.h"

namespace pupil::cli {
namespace {

struct ClassifyOptions {
  static constexpr std::string_view kDetails =
      "FILE is a recording, or - for standard input, whose scores are printed as they come: a WAV, or raw samples\n"
      "(signed 16 bit, little-endian, mono, at the model's rate):\n"
      "  arecord -f S16_LE -r 16000 | pupil classify m.pupil - --stream\n"
      "A recording's score is the mean over its windows; one shorter than a window is filled up with "
      "silence.\n"
      "A label with * is at or above its threshold; where none is, the answer is \"none of these\".";

  /// What is heard when no class passes its threshold.
  static constexpr std::string_view kNone = "none of these";

  std::string model;
  std::vector<std::string> files;
  bool stream = false;
  bool windows = false;
  bool events = false;
  bool json = false;
  std::int64_t top = 3;
  std::int64_t hop_ms = 100;
  std::string kernels = "automatic";

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "model file");
    v.positionals("FILE", files, 1, "recordings, or - for standard input");
    v.flag("--stream", stream, "print each window's scores as they come, not a recording's mean");
    v.flag("--windows", windows, "print each window's scores and the recording's mean");
    v.flag("--events", events, "print the stretches in which a class was found, each when it is over");
    v.value("--top", "N", top, Range{0, 1e6}, "how many classes to show, best first; 0: all");
    v.value("--hop-ms", "MS", hop_ms, Range{1, 3600000},
            "time from window to window, taken to the nearest the network can do");
    v.value("--kernels", "NAME", kernels, device::kKernelsHelp);
    v.flag("--json", json, "one JSON object per line");
  }
};

/// Prints scores, best class first.
class Printer {
 public:
  Printer(const edge::Model& model, const ClassifyOptions& options) : model_(model), json_(options.json) {
    const auto class_count = static_cast<std::size_t>(model.class_count());
    const auto top = static_cast<std::size_t>(options.top);
    shown_ = top == 0 ? class_count : std::min(top, class_count);
  }

  void window(const std::string& file, double end_s, std::span<const float> scores) const {
    const double start_s = end_s - window_s();
    if (json_) {
      Json line;
      line.set("file", file);
      line.set("start_s", start_s);
      line.set("end_s", end_s);
      line.set("label", decision(scores));
      line.set("top", top_json(scores));
      print(line);
    } else {
      std::printf("%9s s  %s\n", fixed(end_s, 2).c_str(), top_text(scores).c_str());
    }
    flush_standard_output();
  }

  void event(const std::string& file, const edge::Event& event) const {
    const double rate_hz = model_.front_end().sample_rate_hz;
    const double start_s = static_cast<double>(event.start_samples) / rate_hz;
    const double end_s = static_cast<double>(event.end_samples) / rate_hz;
    if (json_) {
      Json line;
      line.set("file", file);
      line.set("label", model_.label(event.class_index));
      line.set("start_s", start_s);
      line.set("end_s", end_s);
      line.set("peak_score", Json(event.peak_score));
      print(line);
    } else {
      std::printf("%9s to %9s s  %-20s %s\n", fixed(start_s, 2).c_str(), fixed(end_s, 2).c_str(),
                  std::string(model_.label(event.class_index)).c_str(), fixed(event.peak_score, 3).c_str());
    }
    flush_standard_output();
  }

  void clip(const std::string& file, double duration_s, std::int64_t window_count,
            std::span<const float> scores) const {
    if (json_) {
      Json line;
      line.set("file", file);
      line.set("duration_s", duration_s);
      line.set("window_count", window_count);
      line.set("label", decision(scores));
      line.set("best", model_.label(order(scores).front()));
      line.set("top", top_json(scores));
      Json all{Json::Object()};
      for (std::int32_t k = 0; k < model_.class_count(); ++k)
        all.set(model_.label(k), Json(scores[index(k)]));
      line.set("scores", all);
      print(line);
    } else {
      std::printf("%-40s %8s s  %s\n", file.c_str(), fixed(duration_s, 2).c_str(), top_text(scores).c_str());
    }
    flush_standard_output();
  }

 private:
  static std::size_t index(std::int32_t k) { return static_cast<std::size_t>(k); }
  static void print(const Json& line) { std::printf("%s\n", line.dump().c_str()); }

  double window_s() const {
    return static_cast<double>(model_.window_samples()) / model_.front_end().sample_rate_hz;
  }

  // Classes by falling score; equal scores by number.
  std::vector<std::int32_t> order(std::span<const float> scores) const {
    std::vector<std::int32_t> classes(scores.size());
    std::iota(classes.begin(), classes.end(), 0);
    std::stable_sort(classes.begin(), classes.end(),
                     [&](std::int32_t a, std::int32_t b) { return scores[index(a)] > scores[index(b)]; });
    return classes;
  }

  bool passes(std::int32_t k, std::span<const float> scores) const {
    return scores[index(k)] >= model_.threshold(k);
  }

  // The best class that passes its threshold.
  std::string_view decision(std::span<const float> scores) const {
    for (const std::int32_t k : order(scores)) {
      if (passes(k, scores)) return model_.label(k);
    }
    return ClassifyOptions::kNone;
  }

  Json top_json(std::span<const float> scores) const {
    const std::vector<std::int32_t> classes = order(scores);
    Json top{Json::Array()};
    for (std::size_t i = 0; i < shown_; ++i) {
      const std::int32_t k = classes[i];
      Json entry;
      entry.set("label", model_.label(k));
      entry.set("score", Json(scores[index(k)]));
      entry.set("heard", passes(k, scores));
      top.push_back(entry);
    }
    return top;
  }

  std::string top_text(std::span<const float> scores) const {
    const std::vector<std::int32_t> classes = order(scores);
    std::string text;
    if (decision(scores) == ClassifyOptions::kNone && model_.label(classes.front()) != ClassifyOptions::kNone)
      text += concat(ClassifyOptions::kNone, ":  ");
    for (std::size_t i = 0; i < shown_; ++i) {
      const std::int32_t k = classes[i];
      text += concat(i > 0 ? "   " : "", model_.label(k), passes(k, scores) ? "* " : " ",
                     fixed(scores[index(k)], 3));
    }
    return text;
  }

  const edge::Model& model_;
  bool json_;
  std::size_t shown_;
};

/// Runs one source through a stream and reports its windows and their mean.
class Classifier {
 public:
  Classifier(const edge::Model& model, const ClassifyOptions& options)
      : model_(model), options_(options), printer_(model, options) {
    edge::StreamOptions stream;
    stream.hop_ms = static_cast<std::int32_t>(options.hop_ms);
    stream.kernels = device::find_kernels(options.kernels);
    state_.resize(edge::Streamer::state_bytes(model, stream));
    check_status(stream_.init(model, stream, state_), options.model);
    event_state_.resize(edge::EventDetector::state_bytes(model));
    ended_.resize(static_cast<std::size_t>(edge::reported_class_count(model)));
    start_events();
  }

  void classify(const std::string& file) {
    const bool live = options_.stream || file == "-";
    const std::unique_ptr<SampleSource> source = open_samples(file, model_.front_end().sample_rate_hz);
    start(file);
    std::vector<float> block(1024);
    for (std::size_t count = 0; (count = source->read(block)) > 0;) {
      stuck_.push(std::span(block).first(count));
      push(file, std::span(block).first(count), (live || options_.windows) && !options_.events);
      sample_count_ += static_cast<std::int64_t>(count);
    }
    stuck_.finish();
    if (file == "-") check_input_was_heard();
    if (options_.events) return end_events(file);
    if (live) return;
    if (sample_count_ == 0) throw Error(concat(file, ": no samples"));
    if (window_count_ == 0) fill_window(file);
    for (double& sum : sums_) sum /= static_cast<double>(window_count_);
    const std::vector<float> means(sums_.begin(), sums_.end());
    printer_.clip(file, seconds(sample_count_), window_count_, means);
  }

 private:
  double seconds(std::int64_t samples) const {
    return static_cast<double>(samples) / model_.front_end().sample_rate_hz;
  }

  // A recorder that is refused its device or unplugged must not look like a quiet night.
  void check_input_was_heard() const {
    const std::string end = concat("standard input ended after ", fixed(seconds(sample_count_), 1), " s");
    if (window_count_ == 0)
      throw Error(
          concat(end, ", before the first window was full: nothing was scored; did the recorder fail?"));
    log_info(end);
  }

  void start(const std::string& file) {
    stuck_ = StuckInput(file == "-" ? "standard input" : file, model_.front_end().sample_rate_hz);
    stream_.reset();
    // A file that failed midway has not ended its events: they are not the next one's.
    start_events();
    sample_count_ = 0;
    window_count_ = 0;
    sums_.assign(static_cast<std::size_t>(model_.class_count()), 0.0);
  }

  void push(const std::string& file, std::span<const float> samples, bool print) {
    while (!samples.empty()) {
      std::size_t used = 0;
      bool scored = false;
      check_status(stream_.push(samples, &used, &scored), file);
      samples = samples.subspan(used);
      if (!scored) continue;
      ++window_count_;
      for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += stream_.scores()[k];
      if (print) printer_.window(file, seconds(stream_.window_end_samples()), stream_.scores());
      if (options_.events) take_events(file);
    }
  }

  void start_events() {
    const edge::EventOptions wanted = edge::event_options_for(static_cast<std::int32_t>(options_.hop_ms));
    check_status(events_.init(model_, wanted, event_state_), options_.model);
  }

  void take_events(const std::string& file) {
    std::int32_t count = 0;
    check_status(events_.push(stream_.scores(), stream_.window_end_samples(), ended_, &count), file);
    print_events(file, count);
  }

  void end_events(const std::string& file) {
    if (window_count_ == 0 && sample_count_ > 0) fill_window(file);
    std::int32_t count = 0;
    check_status(events_.finish(ended_, &count), file);
    print_events(file, count);
  }

  void print_events(const std::string& file, std::int32_t count) const {
    for (std::int32_t i = 0; i < count; ++i) printer_.event(file, ended_[static_cast<std::size_t>(i)]);
  }

  void fill_window(const std::string& file) {
    const std::vector<float> silence(static_cast<std::size_t>(model_.window_samples() - sample_count_));
    push(file, silence, options_.windows);
  }

  const edge::Model& model_;
  const ClassifyOptions& options_;
  Printer printer_;
  std::vector<std::byte> state_;
  edge::Streamer stream_;
  std::vector<std::byte> event_state_;
  edge::EventDetector events_;
  std::vector<edge::Event> ended_;
  std::int64_t sample_count_ = 0;
  std::int64_t window_count_ = 0;
  std::vector<double> sums_;
  StuckInput stuck_{"", 1};
};

}  // namespace

int run_classify(const Command& command, Arguments arguments) {
  const auto options = parse_options<ClassifyOptions>(command, arguments);
  const device::ModelFile file(options.model);
  Classifier classifier(file.model(), options);
  bool all_read = true;
  for (const std::string& path : options.files) {
    try {
      classifier.classify(path);
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      // One bad recording does not stop the others.
      if (options.files.size() == 1) throw;
      std::fprintf(stderr, "pupil classify: %s\n", error.what());
      all_read = false;
    }
  }
  return all_read ? 0 : 1;
}

}  // namespace pupil::cli
