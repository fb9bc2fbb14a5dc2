#include "label_decision.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

constexpr std::int64_t kBatch = 5000;

// Standardised logits are z-scores; a window's own class stands 4 to 8 deviations out among as many classes near 0.
// Twice their value, the softmax of 50 such classes gives that class 0.9 at 4 deviations, and 0.1 at 2.
constexpr float kStandardisedSharpness = 2.0f;

Json label_config_json(const Project& project, const corpus::WindowFilter& filter,
                       std::span<const TeacherVoice> voices) {
  Json config;
  Json list = Json(Json::Array());
  for (const TeacherVoice& voice : voices) {
    Json entry;
    entry.set("score", voice.score.hash);
    entry.set("weight", voice.weight);
    entry.set("temperature", voice.temperature);
    if (voice.scaling) {
      entry.set("mean", voice.scaling->mean);
      entry.set("deviation", voice.scaling->deviation);
    }
    list.push_back(entry);
  }
  config.set("teachers", list);
  config.set("label", section_json(project.label));
  config.set("windows", filter.window_config_id);
  config.set("original", filter.original);
  config.set("separated", filter.separate_config_id);
  Json names = Json(Json::Array());
  for (const SoundClass& sound : project.all_classes()) names.push_back(sound.name);
  config.set("classes", names);
  return config;
}

// Soft target of one window, or empty when no teacher scored it.
std::vector<float> average_voices(corpus::Catalogue& catalogue, std::span<const TeacherVoice> voices,
                                  std::int64_t window_id) {
  std::vector<float> soft;
  double weight_sum = 0;
  for (const TeacherVoice& voice : voices) {
    const std::vector<float> logits = corpus::get_scores(catalogue, voice.score.id, window_id);
    if (logits.empty()) continue;
    const std::vector<float> probabilities = voice_probabilities(voice, logits);
    soft.resize(probabilities.size(), 0.0f);
    for (std::size_t k = 0; k < soft.size(); ++k) soft[k] += static_cast<float>(voice.weight) * probabilities[k];
    weight_sum += voice.weight;
  }
  for (float& value : soft) value /= static_cast<float>(weight_sum);
  return soft;
}

// Keeps the surest `limit` accepted windows of each class.
void cap_classes(corpus::Catalogue& catalogue, std::int64_t config_id, std::int64_t limit,
                 std::map<std::string, std::vector<std::pair<double, std::int64_t>>> accepted) {
  corpus::Transaction transaction(catalogue);
  for (auto& [name, windows] : accepted) {
    // Highest confidence first; ties by id, so that the same labels give the same choice.
    std::sort(windows.begin(), windows.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (std::size_t i = static_cast<std::size_t>(limit); i < windows.size(); ++i) {
      corpus::set_verdict(catalogue, config_id, windows[i].second, corpus::Verdict::capped);
    }
  }
  transaction.commit();
}

}  // namespace

void ScoreScalingMeter::add(std::span<const float> logits) {
  for (std::size_t k = 0; k < logits.size(); ++k) {
    sum_[k] += logits[k];
    square_[k] += static_cast<double>(logits[k]) * logits[k];
  }
  ++count_;
}

ScoreScaling ScoreScalingMeter::result() const {
  ScoreScaling scaling;
  for (std::size_t k = 0; k < sum_.size(); ++k) {
    const double count = static_cast<double>(std::max<std::int64_t>(count_, 1));
    const double mean = sum_[k] / count;
    const double variance = square_[k] / count - mean * mean;
    scaling.mean.push_back(static_cast<float>(mean));
    scaling.deviation.push_back(count_ > 1 && variance > 1e-8 ? static_cast<float>(std::sqrt(variance)) : 1.0f);
  }
  return scaling;
}

std::vector<float> voice_probabilities(const TeacherVoice& voice, std::span<const float> logits) {
  std::vector<float> values(logits.begin(), logits.end());
  if (voice.scaling) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = kStandardisedSharpness * (values[k] - voice.scaling->mean[k]) / voice.scaling->deviation[k];
    }
  }
  const float top = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) {
    value = std::exp((value - top) / static_cast<float>(voice.temperature));
    sum += value;
  }
  for (float& value : values) value /= sum;
  return values;
}

corpus::WindowLabel decide(const LabelSection& section, std::span<const SoundClass> classes,
                           std::vector<float> soft) {
  corpus::WindowLabel label;
  const std::size_t best = static_cast<std::size_t>(std::max_element(soft.begin(), soft.end()) - soft.begin());
  double second = 0;
  for (std::size_t k = 0; k < soft.size(); ++k) {
    if (k != best) second = std::max<double>(second, soft[k]);
    if (soft[k] > 0) label.entropy -= soft[k] * std::log(static_cast<double>(soft[k]));
  }
  label.confidence = soft[best];
  label.margin = label.confidence - second;
  label.label = classes[best].name;
  label.soft = std::move(soft);
  if (label.confidence < section.reject) {
    label.verdict = corpus::Verdict::none_of_these;
  } else if (label.confidence >= section.accept && label.margin >= section.margin) {
    label.verdict = corpus::Verdict::accepted;
  } else {
    label.verdict = corpus::Verdict::doubtful;
  }
  return label;
}

void decide_labels(const Project& project, corpus::Catalogue& catalogue, const corpus::WindowFilter& filter,
                   std::span<const TeacherVoice> voices) {
  const std::optional<corpus::StageConfig> former = corpus::latest_config(catalogue, "label");
  const corpus::StageConfig config =
      corpus::configure(catalogue, "label", label_config_json(project, filter, voices).dump());
  if (former && former->id != config.id) corpus::forget_config(catalogue, former->id);

  const std::vector<SoundClass> classes = project.all_classes();
  const std::int64_t total = corpus::count_pending_labels(catalogue, filter, config.id);
  if (total == 0) return;
  Progress progress("decided", total, "windows");
  std::int64_t after = 0;
  while (true) {
    const std::vector<corpus::Window> windows = corpus::pending_labels(catalogue, filter, config.id, after, kBatch);
    if (windows.empty()) break;
    after = windows.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : windows) {
      corpus::WindowLabel label;
      label.verdict = corpus::Verdict::background;
      if (window.activity_db >= project.label.activity_db) {
        std::vector<float> soft = average_voices(catalogue, voices, window.id);
        if (soft.empty()) {
          corpus::put_window_skip(catalogue, config.id, window.id, "no scores", "no teacher could hear it");
          continue;
        }
        label = decide(project.label, classes, std::move(soft));
      }
      label.window_id = window.id;
      corpus::put_label(catalogue, config.id, label);
    }
    transaction.commit();
    progress.advance(static_cast<std::int64_t>(windows.size()));
  }

  if (project.label.max_per_class > 0) {
    std::map<std::string, std::vector<std::pair<double, std::int64_t>>> accepted;
    corpus::for_each_labelled_window(catalogue, filter, config.id, corpus::Verdict::accepted,
                                     [&](const corpus::LabelledWindow& window) {
                                       accepted[window.label.label].emplace_back(window.label.confidence, window.window.id);
                                     });
    cap_classes(catalogue, config.id, project.label.max_per_class, std::move(accepted));
  }
}

}  // namespace pupil::cli
