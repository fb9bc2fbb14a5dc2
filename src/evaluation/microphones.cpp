// SPDX-License-Identifier: Apache-2.0
#include "evaluation/microphones.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "evaluation/clip_meter.h"
#include "evaluation/system_figures.h"

namespace pupil::evaluation {
namespace {

// The window through a response, with what lies before it, as long as a response is: a device hears the clip at once.
void pass_through(const student::TrainingSet& set, const student::ImpulseResponses& responses,
                  std::size_t response, std::int64_t index, std::span<float> audio) {
  constexpr std::int32_t kBefore = 32 * student::kTrainingRateHz / 1000;
  const student::TrainingWindow& window = set.windows()[static_cast<std::size_t>(index)];
  std::vector<float> longer(audio.size() + kBefore);
  if (window.start_sample >= kBefore)
    set.read_window(window, -kBefore, std::span(longer).first(audio.size()));
  std::ranges::copy(audio, longer.begin() + kBefore);
  responses.apply(response, longer);
  std::copy(longer.begin() + kBefore, longer.end(), audio.begin());
}

}  // namespace

std::optional<MicrophoneFigures> measure_microphones(const student::TrainingSet& set,
                                                     const SplitScores& split, const SplitClips& clips,
                                                     const student::ImpulseResponses& responses,
                                                     DeviceNetwork& network) {
  ClipMeter meter(set, split, clips, network, MeteredClips::all);
  if (meter.clip_count() == 0 || responses.empty()) return std::nullopt;
  MicrophoneFigures figures;
  figures.clip_count = meter.clip_count();
  figures.clean = meter.measure([](std::int64_t, std::span<float>) {}).accuracy;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    const auto outcome = meter.measure(
        [&](std::int64_t window, std::span<float> audio) { pass_through(set, responses, i, window, audio); });
    figures.accuracy.push_back(outcome.accuracy.value);
  }
  const double sum = std::accumulate(figures.accuracy.begin(), figures.accuracy.end(), 0.0);
  figures.mean = sum / static_cast<double>(figures.accuracy.size());
  figures.worst = std::ranges::min(figures.accuracy);
  return figures;
}

Json microphones_json(const MicrophoneFigures& figures) {
  Json json;
  json.set("responses", std::ssize(figures.accuracy));
  json.set("clips", figures.clip_count);
  json.set("clean", interval_json(figures.clean));
  json.set("mean", figures.mean);
  json.set("worst", figures.worst);
  Json each = Json(Json::Array());
  for (const double accuracy : figures.accuracy) each.push_back(accuracy);
  json.set("accuracy", each);
  return json;
}

}  // namespace pupil::evaluation
