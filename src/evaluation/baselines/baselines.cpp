// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/baselines.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

using Clock = std::chrono::steady_clock;

// Windows timed one by one; the median of so many is steady to a percent or so.
constexpr std::size_t kTimedWindows = 201;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<float> score_all(const Classifier& classifier, const WindowTable& table) {
  const auto classes = static_cast<std::size_t>(table.class_count);
  std::vector<float> scores(table.window_count() * classes);
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    classifier.score(table.row(n), std::span(scores).subspan(n * classes, classes));
  }
  return scores;
}

double median_window_s(const Classifier& classifier, const WindowTable& table) {
  std::vector<float> scores(static_cast<std::size_t>(table.class_count));
  std::vector<double> times;
  for (std::size_t n = 0; n < std::min(kTimedWindows, table.window_count()); ++n) {
    const Clock::time_point start = Clock::now();
    classifier.score(table.row(n), scores);
    times.push_back(seconds_since(start));
  }
  if (times.empty()) return 0;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

using Train = std::function<std::unique_ptr<Classifier>(const WindowTable&, std::size_t setting)>;

// The setting with the highest accuracy on held-out recordings; the first where there is nothing to hold out.
std::size_t choose_setting(const WindowTable& table, std::size_t setting_count, const Train& train,
                           std::uint64_t seed) {
  if (setting_count == 0) throw Error("baselines: no settings to choose from");
  if (setting_count == 1) return 0;
  const HeldOut parts = hold_out_recordings(table, seed);
  if (parts.fit.window_count() == 0 || parts.held_out.window_count() == 0) return 0;
  std::size_t best = 0;
  double best_accuracy = -1;
  for (std::size_t setting = 0; setting < setting_count; ++setting) {
    const std::vector<float> scores = score_all(*train(parts.fit, setting), parts.held_out);
    const std::vector<std::int32_t> decided = metrics::decide(scores, table.class_count);
    if (const double accuracy = metrics::accuracy(parts.held_out.labels, decided); accuracy > best_accuracy) {
      best = setting;
      best_accuracy = accuracy;
    }
  }
  return best;
}

void check(const BaselineWindows& windows) {
  windows.train.check_for_training();
  windows.test.check();
  if (windows.train.feature_count != windows.test.feature_count ||
      windows.train.class_count != windows.test.class_count) {
    throw Error("windows: training and test differ in features or classes");
  }
}

BaselineResult run(std::string name, const BaselineWindows& windows, std::size_t setting_count,
                   const std::function<std::string(std::size_t)>& describe, const Train& train,
                   std::uint64_t seed) {
  return with_context(name, [&] {
    check(windows);
    BaselineResult result;
    const Clock::time_point start = Clock::now();
    const std::size_t setting = choose_setting(windows.train, setting_count, train, seed);
    const std::unique_ptr<Classifier> classifier = train(windows.train, setting);
    result.train_s = seconds_since(start);
    result.name = name;
    result.settings = describe(setting);
    result.test_scores = score_all(*classifier, windows.test);
    result.window_s = median_window_s(*classifier, windows.test);
    result.file_bytes = classifier->file_bytes();
    result.packed_bytes = classifier->packed_bytes();
    return result;
  });
}

}  // namespace

std::vector<BaselineResult> run_baselines(const BaselineData& data, const BaselineOptions& options) {
  std::vector<BaselineResult> results;
  results.push_back(run(
      "MFCC + SVM", data.mfcc, options.svm.size(),
      [&](std::size_t i) { return concat("cost ", options.svm[i].cost, ", gamma ", options.svm[i].gamma); },
      [&](const WindowTable& table, std::size_t i) { return train_svm(table, options.svm[i]); },
      options.seed));

  ForestOptions forest = options.forest;
  forest.seed = options.seed;
  results.push_back(run(
      "MFCC + random forest", data.mfcc, 1, [&](std::size_t) { return concat(forest.tree_count, " trees"); },
      [&](const WindowTable& table, std::size_t) { return train_random_forest(table, forest); },
      options.seed));

  if (data.embedding.train.window_count() == 0) return results;
  results.push_back(run(
      "transfer learning", data.embedding, options.linear_head.size(),
      [&](std::size_t i) { return concat("decay ", options.linear_head[i].decay); },
      [&](const WindowTable& table, std::size_t i) {
        return train_linear_head(table, options.linear_head[i]);
      },
      options.seed));
  results.back().file_bytes += data.teacher_bytes;
  results.back().packed_bytes += data.teacher_bytes;
  return results;
}

}  // namespace pupil::evaluation
