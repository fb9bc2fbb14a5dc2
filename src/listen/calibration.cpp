// SPDX-License-Identifier: Apache-2.0
// A histogram of scores alone would promise too much or too little: windows of one sound come together, and what rings is
// an event. So every threshold has the votes and pauses of an event of its own; 256 of them cost less than the front end.

#include "listen/calibration.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

constexpr double kLowestLogit = -5.3, kHighestLogit = 7.6;
constexpr std::string_view kBegin = "# calibrated thresholds: begin\n";
constexpr std::string_view kEnd = "# calibrated thresholds: end\n";
// Windows of one source are never so far apart while it listens.
constexpr double kMostHopSeconds = 10;

}  // namespace

float ThresholdLadder::threshold(std::size_t step) {
  static const std::array<float, kSteps> table = [] {
    std::array<float, kSteps> thresholds{};
    for (std::size_t i = 0; i < kSteps; ++i) {
      const double logit =
          kLowestLogit + (kHighestLogit - kLowestLogit) * static_cast<double>(i) / (kSteps - 1);
      thresholds[i] = static_cast<float>(1.0 / (1.0 + std::exp(-logit)));
    }
    return thresholds;
  }();
  return table[step];
}

// What event_tracker.cpp does with a vote, for each step.
void ThresholdLadder::push(float score, Time end) {
  ++window_count_;
  const auto kept = static_cast<std::uint32_t>((std::uint64_t{1} << rule_.of) - 1);
  const auto gap = std::chrono::milliseconds(static_cast<std::int64_t>(rule_.merge_gap_s * 1000));
  for (std::size_t i = 0; i < kSteps; ++i) {
    Step& step = steps_[i];
    const bool voted = score >= threshold(i);
    step.windows += voted ? 1 : 0;
    step.votes = ((step.votes << 1) & kept) | (voted ? 1U : 0U);
    if (!step.active && std::popcount(step.votes) >= rule_.votes) {
      step.active = true;
      ++step.events;
    }
    if (voted || (step.active && score >= static_cast<float>(rule_.release) * threshold(i))) step.last = end;
    if (!step.active || end - step.last <= gap) continue;
    step.active = false;
    step.votes = 0;
  }
}

std::int64_t ThresholdLadder::events_at_threshold(double wanted) const {
  std::size_t step = 0;
  while (step + 1 < kSteps && threshold(step + 1) <= wanted) ++step;
  return events_at(step);
}

// From above: lower thresholds may merge events into fewer, longer ones.
double ThresholdLadder::lowest_threshold(std::int64_t events) const {
  double lowest = 2;
  for (std::size_t i = kSteps; i-- > 0 && steps_[i].events <= events;) lowest = threshold(i);
  return lowest;
}

void CalibrationSink::configured(std::span<const std::string>, std::span<const ListenedModel> models) {
  for (const ListenedModel& model : models) {
    if (!model.shadow) classes_[model.name] = model.reported_classes;
  }
}

void CalibrationSink::window_scored(const ScoredWindow& window) {
  const auto classes = classes_.find(window.model);
  if (classes == classes_.end()) return;
  const std::string source(window.source);
  Hours& hours = hours_[source];
  const double hop_s = static_cast<double>((window.end - hours.last).count()) / 1000;
  if (hop_s > 0 && hop_s < kMostHopSeconds) hours.seconds += hop_s;
  hours.last = window.end;
  for (std::size_t k = 0; k < classes->second.size(); ++k) {
    const std::string& name = classes->second[k];
    const auto key = std::pair(source, name);
    auto found = counted_.find(key);
    if (found == counted_.end()) {
      const EventRule rule = config_.rule_of(source, name, window.thresholds[k]);
      found =
          counted_.emplace(key, Class{std::string(window.model), window.thresholds[k], ThresholdLadder(rule)})
              .first;
    }
    if (found->second.model == window.model) found->second.ladder.push(window.scores[k], window.end);
  }
}

std::vector<Proposal> CalibrationSink::proposals(double per_day) const {
  std::vector<Proposal> proposals;
  for (const auto& [key, counted] : counted_) {
    Proposal& proposal = proposals.emplace_back(Proposal{key.first, key.second});
    proposal.hours = hours_.at(key.first).seconds / 3600;
    proposal.threshold = counted.threshold;
    proposal.events = counted.ladder.events_at_threshold(counted.threshold);
    const auto allowed = static_cast<std::int64_t>(per_day * proposal.hours / 24);
    proposal.proposed = counted.ladder.lowest_threshold(allowed);
    proposal.proposed_events =
        proposal.proposed > 1 ? -1 : counted.ladder.events_at_threshold(proposal.proposed);
  }
  return proposals;
}

std::string proposal_text(const std::vector<Proposal>& proposals, double per_day) {
  std::string text;
  double hours = 0;
  for (const Proposal& one : proposals) {
    hours = std::max(hours, one.hours);
    text += concat(one.source, "  ", one.class_name, "  ", fixed(one.hours, 1), " h  now ",
                   fixed(one.threshold, 4), ": ", one.events, " events  ");
    text += one.proposed > 1
                ? "no threshold is enough: this sound is here, or the model must learn the place\n"
                : concat("proposed ", fixed(one.proposed, 4), ": ", one.proposed_events, " events\n");
  }
  // None seen in h hours: at 95 %, at most 3 / h in an hour (the rule of three).
  if (hours > 0 && hours < 72 / std::max(per_day, 1e-9))
    text += concat("after ", fixed(hours, 1), " h without an event, ", fixed(72 / hours, 1),
                   " a day are still possible (95 %); after ", fixed(72 / per_day, 0), " h, ",
                   fixed(per_day, 1), "\n");
  return text;
}

std::string rule_text(const std::vector<Proposal>& proposals) {
  std::string text(kBegin);
  for (const Proposal& one : proposals) {
    if (one.proposed > 1) continue;
    text += concat("[[rule]]\nsource = ", Json(one.source).dump(), "\nclass = ", Json(one.class_name).dump(),
                   "\nthreshold = ", fixed(one.proposed, 5), "\n");
  }
  return text + std::string(kEnd);
}

std::string with_rules(std::string config_text, const std::string& rules) {
  const std::size_t begin = config_text.find(kBegin);
  const std::size_t end = config_text.find(kEnd);
  if (begin != std::string::npos && end != std::string::npos && begin < end)
    config_text.erase(begin, end + kEnd.size() - begin);
  if (!config_text.empty() && !config_text.ends_with('\n')) config_text += '\n';
  return config_text + rules;
}

}  // namespace pupil::listen
