// SPDX-License-Identifier: Apache-2.0
// Which windows a training learns from, and whether they can support what the model promises. One function decides it for
// each window (is_learned()), and everything else here counts by it: the check, its warnings, and the words for why there
// is nothing.
//
// The order of the checks is that of causes: nothing at all, then one class alone, then classes with too few windows.

#include "student/learned_windows.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace pupil::student {
namespace {

// A class with fewer windows is learned, but badly.
constexpr std::int64_t kFewClassWindows = 20;
constexpr std::size_t kNamedClasses = 5;

bool is_in_views(const TrainingSet& set, const TrainingWindow& window, const TrainSection& train) {
  const bool separated = set.clips()[static_cast<std::size_t>(window.clip)].separated;
  return train.views == "all" || (train.views == "separated") == separated;
}

// What a bank of negatives adds says nothing of the project's own sounds.
bool is_of_project(const TrainingSet& set, const TrainingWindow& window) {
  return !set.clips()[static_cast<std::size_t>(window.clip)].borrowed;
}

std::vector<std::int64_t> windows_per_class(const TrainingSet& set, const TrainSection& train) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(set.class_count()));
  for (const TrainingWindow& window : set.windows()) {
    const std::int32_t k = taught_class(window, train);
    if (k >= 0 && is_learned(set, window, train)) ++counts[static_cast<std::size_t>(k)];
  }
  return counts;
}

// "'a', 'b' and 480 more"
std::string quoted_names(const TrainingSet& set, const std::vector<std::size_t>& classes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(classes.size(), kNamedClasses); ++i) {
    text += concat(i == 0 ? "'" : ", '", set.class_names()[classes[i]], "'");
  }
  if (classes.size() > kNamedClasses) text += concat(" and ", classes.size() - kNamedClasses, " more");
  return text;
}

struct SplitCounts {
  std::int64_t all = 0;                       // windows of the project
  std::array<std::int64_t, 3> windows = {};   // accepted, by SetSplit
  std::array<std::int64_t, 5> verdicts = {};  // all windows, by SetVerdict
  std::set<std::int32_t> recordings, training_recordings;
  std::int64_t other_views = 0;  // accepted, of training recordings, but [train] views leaves them out
  double best_confidence = 0;    // of windows that are not accepted
};

SplitCounts count_splits(const TrainingSet& set, const TrainSection& train) {
  SplitCounts counts;
  for (std::size_t i = 0; i < set.windows().size(); ++i) {
    const TrainingWindow& window = set.windows()[i];
    if (!is_of_project(set, window)) continue;
    const TrainingClip& clip = set.clips()[static_cast<std::size_t>(window.clip)];
    ++counts.all;
    ++counts.verdicts[static_cast<std::size_t>(window.verdict)];
    counts.recordings.insert(clip.recording);
    if (clip.split == SetSplit::train) counts.training_recordings.insert(clip.recording);
    if (window.verdict == SetVerdict::accepted) {
      ++counts.windows[static_cast<std::size_t>(clip.split)];
      if (clip.split == SetSplit::train && !is_in_views(set, window, train)) ++counts.other_views;
    } else {
      for (const float share : set.soft(static_cast<std::int64_t>(i)))
        counts.best_confidence = std::max<double>(counts.best_confidence, share);
    }
  }
  return counts;
}

std::string nothing_accepted(const SplitCounts& counts) {
  const auto count = [&](SetVerdict verdict) {
    return with_thousands(counts.verdicts[static_cast<std::size_t>(verdict)]);
  };
  return concat(
      "none of the ", with_thousands(counts.all), " windows is accepted: ", count(SetVerdict::doubtful),
      " doubtful and ", count(SetVerdict::none_of_these), " none of the classes (best confidence ",
      fixed(counts.best_confidence, 2), "; [label] accept, margin and reject decide), ",
      count(SetVerdict::background),
      " background (below [label] activity_db); change these or the classes' prompts, then pupil label (pupil "
      "status counts windows by class)");
}

std::string nothing_in_training_recordings(const SplitCounts& counts) {
  const std::int64_t val = counts.windows[1], test = counts.windows[2];
  return concat(
      "all ", with_thousands(val + test), " accepted windows are of val and test recordings (",
      with_thousands(val), " and ", with_thousands(test),
      "), none of a training recording: ", with_thousands(std::ssize(counts.training_recordings)), " of ",
      with_thousands(std::ssize(counts.recordings)),
      " recordings train, and a recording is never divided. Collect more recordings, cut long ones into files "
      "of their own, give them a split in an index (column split: train), or lower [split] val and test");
}

std::string why_nothing_is_learned(const TrainingSet& set, const TrainSection& train) {
  if (train.use_given_labels && train.alpha >= 1.0)
    return "no window of a training recording has a given label that names a class";
  const SplitCounts counts = count_splits(set, train);
  if (counts.other_views > 0) {
    return concat("[train] views = \"", train.views, "\" leaves out all ", with_thousands(counts.other_views),
                  " accepted windows of training recordings");
  }
  if (counts.windows[1] + counts.windows[2] > 0) return nothing_in_training_recordings(counts);
  return nothing_accepted(counts);
}

std::vector<std::size_t> classes_below(const TrainingSet& set, const std::vector<std::int64_t>& counts,
                                       std::int64_t limit) {
  std::vector<std::size_t> classes;
  for (std::size_t k = 0; k < static_cast<std::size_t>(set.reported_class_count()); ++k) {
    if (counts[k] < limit) classes.push_back(k);
  }
  return classes;
}

std::vector<std::size_t> present_classes(const std::vector<std::int64_t>& counts) {
  std::vector<std::size_t> present;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] > 0) present.push_back(k);
  }
  return present;
}

std::string only_class(const TrainingSet& set, std::size_t k, std::int64_t count) {
  return concat("all ", with_thousands(count), " windows to learn from are '", set.class_names()[k],
                "', none is of another class or a negative");
}

void require_classes(const TrainingSet& set, const std::vector<std::int64_t>& counts) {
  const std::vector<std::size_t> few = classes_below(set, counts, kLeastClassWindows);
  if (few.empty()) return;
  const std::int64_t count = counts[few.front()];
  throw Error(concat(
      "class '", set.class_names()[few.front()], "' has ",
      count == 0 ? std::string("no") : concat("only ", count),
      " accepted windows in training recordings, at least ", kLeastClassWindows, " are wanted",
      few.size() == 1
          ? std::string()
          : concat(" (likewise ", few.size() - 1, " more of ", set.reported_class_count(), " classes)"),
      ": collect more of it, change its prompts, lower [label] accept, or leave it out ([train] "
      "absent_classes = true goes on without)"));
}

}  // namespace

// Without a teacher (given labels alone) only what has one counts.
bool is_learned(const TrainingSet& set, const TrainingWindow& window, const TrainSection& train) {
  if (set.split(window) != SetSplit::train || window.verdict == SetVerdict::background) return false;
  if (!is_in_views(set, window, train)) return false;
  const bool has_truth = train.use_given_labels && window.truth >= 0;
  if (train.use_given_labels && train.alpha >= 1.0) return has_truth;
  const bool doubtful = window.verdict == SetVerdict::doubtful || window.verdict == SetVerdict::none_of_these;
  return window.verdict == SetVerdict::accepted || (train.doubtful && doubtful) || has_truth;
}

std::int32_t taught_class(const TrainingWindow& window, const TrainSection& train) {
  if (train.use_given_labels && window.truth >= 0) return window.truth;
  return window.verdict == SetVerdict::accepted ? window.label : -1;
}

void require_learnable(const TrainingSet& set, const TrainSection& train) {
  const auto& windows = set.windows();
  if (std::ranges::none_of(windows, [&](const TrainingWindow& w) {
        return is_of_project(set, w) && is_learned(set, w, train);
      }))
    throw Error(concat("there is nothing to learn from: ", why_nothing_is_learned(set, train)));
  if (train.absent_classes) return;
  const std::vector<std::int64_t> counts = windows_per_class(set, train);
  require_classes(set, counts);
  const std::vector<std::size_t> present = present_classes(counts);
  if (present.size() != 1) return;
  throw Error(
      concat(only_class(set, present.front(), counts[present.front()]),
             ": the student would call everything so. Collect other sounds too (init --source or another "
             "[[source]]; `pupil synth FOLDER --classes backgrounds` makes some), or go on all the same with "
             "[train] absent_classes = true"));
}

std::vector<std::string> learning_warnings(const TrainingSet& set, const TrainSection& train) {
  std::vector<std::string> warnings;
  const std::vector<std::int64_t> counts = windows_per_class(set, train);
  const std::vector<std::size_t> present = present_classes(counts);
  if (present.size() == 1) {
    warnings.push_back(concat(only_class(set, present.front(), counts[present.front()]),
                              ": everything will be called '", set.class_names()[present.front()], "'"));
  }
  const std::vector<std::size_t> absent = classes_below(set, counts, kLeastClassWindows);
  if (!absent.empty()) {
    warnings.push_back(
        concat("fewer than ", kLeastClassWindows,
               " windows to learn from, the student will not know: ", quoted_names(set, absent)));
  }
  const std::vector<std::size_t> few = classes_below(set, counts, kFewClassWindows);
  if (few.size() > absent.size()) {
    std::vector<std::size_t> rest;
    std::ranges::set_difference(few, absent, std::back_inserter(rest));
    warnings.push_back(concat("fewer than ", kFewClassWindows,
                              " windows to learn from, expect little of: ", quoted_names(set, rest)));
  }
  return warnings;
}

}  // namespace pupil::student
