// SPDX-License-Identifier: Apache-2.0
// 1. A threshold is one of a hundred: between the scores of the class's own windows, so that each step costs a fiftieth of
//    them, and fixed ones above these, up to one that no score reaches.
// 2. At candidate j all classes have their j-th at once: a class that is reported by mistake in another's place is
//    counted for one of them only, as on the device.
// 3. Events are counted by the device's own detector, on a model that differs in its thresholds alone.

#include "evaluation/world_thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "deploy/quantised_network.h"
#include "evaluation/device_network.h"
#include "metrics/decisions.h"
#include "metrics/undefined.h"
#include "pupil/edge/events.h"

namespace pupil::evaluation {
namespace {

constexpr std::size_t kSteps = 50;
constexpr float kNever =
    1.0F + std::numeric_limits<float>::epsilon();  // above every score of a softmax or sigmoid

// Where nothing says what a class's own scores are.
std::vector<float> fixed_thresholds() {
  std::vector<float> thresholds;
  for (std::size_t i = 1; i < kSteps; ++i)
    thresholds.push_back(1 - static_cast<float>(std::pow(10.0, -0.08 * static_cast<double>(i))) * 0.95F);
  thresholds.push_back(kNever);
  return thresholds;
}

double count_from(const std::vector<float>& rising, float threshold) {
  return static_cast<double>(rising.end() - std::lower_bound(rising.begin(), rising.end(), threshold));
}

edge::ModelImage with_thresholds(edge::ModelImage image, std::span<const float> reported) {
  for (std::size_t k = 0; k < image.classes.size(); ++k)
    image.classes[k].threshold = k < reported.size() ? reported[k] : kLowestThreshold;
  return image;
}

std::vector<float> image_thresholds(const edge::ModelImage& image) {
  std::vector<float> thresholds;
  for (const edge::ClassDraft& sound : image.classes) thresholds.push_back(sound.threshold);
  return thresholds;
}

// The score with which a window would vote for class k: none where another leads.
float voting_score(std::span<const float> row, std::size_t k) {
  return *std::max_element(row.begin(), row.end()) > row[k] ? -1.0F : row[k];
}

}  // namespace

WorldThresholds::WorldThresholds(const edge::ModelImage& image, const CalibrationData& data,
                                 const NegativeStream& stream)
    : image_(image), stream_(stream), reference_(data.reference) {
  const deploy::QuantisedNetwork network(image);
  reported_ = static_cast<std::size_t>(edge::reported_class_count(network.model()));
  scores_ = device_scores(network.model(), data.logits);
  for (std::size_t k = 0; k < reported_; ++k) candidates_.push_back(candidates_of(k));
  count_events_of_all();
}

WorldThresholds::Candidates WorldThresholds::candidates_of(std::size_t k) const {
  std::vector<float> own, others;
  const std::size_t classes = stream_.class_count;
  for (std::size_t n = 0; n < reference_.size(); ++n) {
    const bool is_own = reference_[n] == static_cast<std::int32_t>(k);
    (is_own ? own : others).push_back(voting_score(std::span(scores_).subspan(n * classes, classes), k));
  }
  std::sort(own.begin(), own.end());
  std::sort(others.begin(), others.end());
  Candidates candidates;
  const auto add = [&](float threshold) {
    if (candidates.thresholds.empty() || threshold > candidates.thresholds.back())
      candidates.thresholds.push_back(threshold);
  };
  for (std::size_t i = 0; i < kSteps && !own.empty(); ++i)
    add(std::max(own[i * own.size() / kSteps], kLowestThreshold));
  for (const float threshold : fixed_thresholds()) add(threshold);
  for (const float threshold : candidates.thresholds) {
    const double right = count_from(own, threshold), wrong = count_from(others, threshold);
    candidates.recalls.push_back(own.empty() ? metrics::kUndefined : right / static_cast<double>(own.size()));
    candidates.precisions.push_back(own.empty() || right + wrong == 0 ? 1 : right / (right + wrong));
  }
  return candidates;
}

void WorldThresholds::count_events_of_all() {
  std::size_t most = 0;
  for (const Candidates& candidates : candidates_) most = std::max(most, candidates.thresholds.size());
  for (std::size_t j = 0; j < most; ++j) {
    std::vector<float> thresholds;
    for (const Candidates& candidates : candidates_)
      thresholds.push_back(j < candidates.thresholds.size() ? candidates.thresholds[j] : kNever);
    const deploy::QuantisedNetwork network(with_thresholds(image_, thresholds));
    const std::vector<std::int64_t> counts = count_events(network.model(), stream_);
    for (std::size_t k = 0; k < reported_; ++k) {
      if (j < candidates_[k].thresholds.size()) candidates_[k].event_counts.push_back(counts[k]);
    }
  }
  for (Candidates& candidates : candidates_) {
    for (std::size_t j = candidates.event_counts.size(); j > 1; --j)
      candidates.event_counts[j - 2] =
          std::max(candidates.event_counts[j - 2], candidates.event_counts[j - 1]);
  }
}

// Being taken for another of the classes is a false alarm too.
bool WorldThresholds::passes(const Candidates& candidates, std::size_t j, double allowed_events) {
  return static_cast<double>(candidates.event_counts[j]) <= allowed_events &&
         candidates.precisions[j] >= kLeastPrecision;
}

// The lowest threshold that passes; the last where none does.
std::size_t WorldThresholds::lowest(const Candidates& candidates, double allowed_events) {
  std::size_t j = 0;
  while (j + 1 < candidates.thresholds.size() && !passes(candidates, j, allowed_events)) ++j;
  return j;
}

WorldThreshold WorldThresholds::choose(const Candidates& candidates, double share) const {
  const auto is_left = [&](std::size_t j) {
    return std::isnan(candidates.recalls[j]) || candidates.recalls[j] >= kLeastRecall;
  };
  const double most = std::max(kMostTimes * share, 1.0);
  std::size_t chosen = lowest(candidates, share);
  WorldThreshold row;
  row.kept = is_left(chosen);
  for (double allowed = share; !is_left(chosen) && allowed < most;) {
    allowed = std::min(std::max(2 * allowed, 1.0), most);
    chosen = lowest(candidates, allowed);
  }
  row.muted = !is_left(chosen);
  row.threshold = candidates.thresholds[chosen];
  row.recall = candidates.recalls[chosen];
  row.false_alarms_per_hour =
      static_cast<double>(candidates.event_counts[chosen]) * 3600 / stream_.duration_s;
  return row;
}

WorldPoint WorldThresholds::at(double per_hour) const {
  const double hours = stream_.duration_s / 3600;
  const double share = per_hour * hours / static_cast<double>(reported_);
  WorldPoint point;
  point.target_per_hour = per_hour;
  double recall = 0, with_windows = 0;
  for (const Candidates& candidates : candidates_) {
    const WorldThreshold row = choose(candidates, share);
    point.classes.push_back(row);
    if (std::isnan(row.recall)) continue;
    recall += row.recall;
    ++with_windows;
  }
  point.mean_recall = with_windows > 0 ? recall / with_windows : metrics::kUndefined;
  point.false_alarms_per_hour = total_per_hour(point);
  return point;
}

double WorldThresholds::total_per_hour(const WorldPoint& point) const {
  edge::ModelImage image = image_;
  apply(point, &image);
  const deploy::QuantisedNetwork network(std::move(image));
  const std::vector<std::int64_t> counts = count_events(network.model(), stream_);
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0})) * 3600 /
         stream_.duration_s;
}

void WorldThresholds::apply(const WorldPoint& point, edge::ModelImage* image) {
  std::vector<float> thresholds;
  for (const WorldThreshold& row : point.classes) thresholds.push_back(row.threshold);
  *image = with_thresholds(std::move(*image), thresholds);
}

std::vector<std::string> silence_dead_inputs(std::span<const std::vector<float>> clips,
                                             edge::ModelImage* image) {
  const deploy::QuantisedNetwork network(*image);
  const auto reported = static_cast<std::int32_t>(edge::reported_class_count(network.model()));
  std::vector<float> scores;
  for (const std::vector<float>& clip : clips) {
    const NegativeStream stream = stream_exactly(network.model(), clip);
    scores.insert(scores.end(), stream.scores.begin(), stream.scores.end());
  }
  std::vector<std::string> raised;
  for (bool changed = true; changed;) {
    changed = false;
    const std::vector<std::int32_t> votes = metrics::decide_above(scores, image_thresholds(*image));
    for (std::size_t n = 0; n < votes.size(); ++n) {
      if (votes[n] < 0 || votes[n] >= reported) continue;
      edge::ClassDraft& sound = image->classes[static_cast<std::size_t>(votes[n])];
      const float score = scores[n * image->classes.size() + static_cast<std::size_t>(votes[n])];
      if (score < sound.threshold) continue;  // raised by an earlier window
      sound.threshold = std::nextafter(score, kNever);
      changed = true;
      if (std::ranges::find(raised, sound.label) == raised.end()) raised.push_back(sound.label);
    }
  }
  return raised;
}

Json world_point_json(const WorldPoint& point, const edge::ModelImage& image) {
  Json json;
  json.set("target", point.target_per_hour);
  json.set("recall", point.mean_recall);
  json.set("false_alarms_per_hour", point.false_alarms_per_hour);
  Json classes = Json(Json::Array());
  for (std::size_t k = 0; k < point.classes.size(); ++k) {
    Json row;
    row.set("name", image.classes[k].label);
    row.set("threshold", Json(point.classes[k].threshold));
    row.set("recall", point.classes[k].recall);
    row.set("false_alarms_per_hour", point.classes[k].false_alarms_per_hour);
    row.set("kept", point.classes[k].kept);
    if (point.classes[k].muted) row.set("muted", true);
    classes.push_back(row);
  }
  json.set("classes", classes);
  return json;
}

}  // namespace pupil::evaluation
