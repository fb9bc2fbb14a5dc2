#include "label_decision.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/progress.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

constexpr std::int64_t kBatch = 5000;

// Standardised scores are z-scores: a window's own class stands 4 to 8 deviations out among as many classes near 0.
// At this temperature the softmax of 50 such classes gives that class 0.9 at 4 deviations, and 0.1 at 2.
constexpr double kStandardisedTemperature = 0.5;

// Soft target of one window, or empty when no teacher scored it.
std::vector<float> soft_target_of(corpus::Catalogue& catalogue, std::span<const TeacherVoice> voices,
                                  std::int64_t window_id) {
  std::vector<std::vector<float>> logits;
  for (const TeacherVoice& voice : voices) logits.push_back(corpus::get_scores(catalogue, voice.score.id, window_id));
  return average_voices(voices, std::move(logits));
}

// Keeps the surest `limit` accepted windows of each class.
void cap_classes(corpus::Catalogue& catalogue, const corpus::WindowFilter& filter, std::int64_t config_id,
                 std::int64_t limit) {
  std::map<std::string, std::vector<std::pair<double, std::int64_t>>> accepted;
  corpus::for_each_labelled_window(catalogue, filter, config_id, corpus::Verdict::accepted,
                                   [&](const corpus::LabelledWindow& window) {
                                     accepted[window.label.label].emplace_back(window.label.confidence, window.window.id);
                                   });
  for (auto& [name, windows] : accepted) {
    // Highest confidence first; ties by id, so that the same labels give the same choice.
    std::sort(windows.begin(), windows.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (std::size_t i = static_cast<std::size_t>(limit); i < windows.size(); ++i) {
      corpus::set_verdict(catalogue, config_id, windows[i].second, corpus::Verdict::capped);
    }
  }
}

}  // namespace

std::string label_config_text(const Project& project, const corpus::WindowFilter& filter,
                              std::span<const TeacherVoice> voices) {
  Json config;
  Json list = Json(Json::Array());
  for (const TeacherVoice& voice : voices) {
    Json entry;
    entry.set("score", voice.score.hash);
    entry.set("weight", voice.weight);
    entry.set("temperature", voice.temperature);
    if (voice.standardiser) {
      entry.set("mean", voice.standardiser->means());
      entry.set("deviation", voice.standardiser->deviations());
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
  return config.dump();
}

std::optional<corpus::StageConfig> first_embed_config(corpus::Catalogue& catalogue, const corpus::StageConfig& labels) {
  const Json first = parse_json(labels.text).at("teachers").as_array().front();
  const auto score = corpus::config_of_hash(catalogue, first.at("score").as_string());
  return score ? corpus::config_of_hash(catalogue, parse_json(score->text).at("embed").as_string()) : std::nullopt;
}

std::vector<float> average_voices(std::span<const TeacherVoice> voices, std::vector<std::vector<float>> logits) {
  std::vector<teacher::TeacherScores> teachers;
  for (std::size_t i = 0; i < voices.size(); ++i) {
    if (logits[i].empty()) continue;
    double temperature = voices[i].temperature;
    if (voices[i].standardiser) {
      logits[i] = voices[i].standardiser->standardised(logits[i]);
      temperature *= kStandardisedTemperature;
    }
    teachers.push_back({logits[i], voices[i].weight, temperature});
  }
  return teachers.empty() ? std::vector<float>() : teacher::ensemble_target(teachers);
}

corpus::WindowLabel decide(const LabelSection& section, std::span<const SoundClass> classes,
                           std::vector<float> soft) {
  const teacher::Decision decision = teacher::decide(soft);
  corpus::WindowLabel label;
  label.confidence = decision.confidence;
  label.margin = decision.margin;
  label.entropy = decision.entropy;
  label.label = classes[static_cast<std::size_t>(decision.class_index)].name;
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
      corpus::configure(catalogue, "label", label_config_text(project, filter, voices));
  if (former && former->id != config.id) corpus::forget_config(catalogue, former->id);

  const std::vector<SoundClass> classes = project.all_classes();
  const std::int64_t total = corpus::count_pending_labels(catalogue, filter, config.id);
  if (total == 0) return;
  Progress progress("decided", total, "windows");
  std::int64_t after = 0;
  std::int64_t decided = 0;
  while (true) {
    const std::vector<corpus::Window> windows = corpus::pending_labels(catalogue, filter, config.id, after, kBatch);
    if (windows.empty()) break;
    after = windows.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : windows) {
      corpus::WindowLabel label;
      label.verdict = corpus::Verdict::background;
      if (window.activity_db >= project.label.activity_db) {
        std::vector<float> soft = soft_target_of(catalogue, voices, window.id);
        if (soft.empty()) {
          corpus::put_window_skip(catalogue, config.id, window.id, "no scores", "no teacher could hear it");
          continue;
        }
        label = decide(project.label, classes, std::move(soft));
      }
      label.window_id = window.id;
      corpus::put_label(catalogue, config.id, label);
    }
    decided += static_cast<std::int64_t>(windows.size());
    // With the last labels or not at all: a kill between the two would leave them uncapped for good.
    if (decided == total && project.label.max_per_class > 0) {
      cap_classes(catalogue, filter, config.id, project.label.max_per_class);
    }
    transaction.commit();
    progress.advance(static_cast<std::int64_t>(windows.size()));
  }
}

}  // namespace pupil::cli
