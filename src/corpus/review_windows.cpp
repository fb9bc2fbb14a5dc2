// SPDX-License-Identifier: Apache-2.0
#include "corpus/review_windows.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "corpus/database.h"
#include "corpus/submissions.h"

namespace pupil::corpus {
namespace {

std::int64_t id_of_hash(Catalogue& catalogue, const Json* hash) {
  if (hash == nullptr || !hash->is_string() || hash->as_string().empty()) return 0;
  const auto config = config_of_hash(catalogue, hash->as_string());
  return config ? config->id : 0;
}

// The last labelling that left results: one that was configured and then killed has none.
StageConfig last_labels(Catalogue& catalogue) {
  const std::vector<StageConfig> configs = list_configs(catalogue, "label");
  const auto last = std::find_if(configs.rbegin(), configs.rend(), [&](const StageConfig& config) {
    return count_results(catalogue, config.id) > 0;
  });
  if (last == configs.rend())
    throw Error(concat(catalogue.project_dir().string(),
                       ": nothing is labelled yet, so there is nothing to review; pupil label ",
                       catalogue.project_dir().string()));
  return *last;
}

// Names in `classes` by id, as indices.
std::unordered_map<std::int64_t, std::int16_t> class_indices(Database& database,
                                                             const std::vector<std::string>& classes) {
  std::unordered_map<std::int64_t, std::int16_t> indices;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    auto query = database.query("SELECT id FROM classes WHERE name = ?");
    if (query.bind(classes[i]).step()) indices[query.integer(0)] = static_cast<std::int16_t>(i);
  }
  return indices;
}

struct ViewPlace {
  std::int64_t clip_id = 0;
  std::int32_t recording = 0;
  std::int32_t rate_hz = 1;
};

// Read once, so that each of a million windows needs no look into three more tables.
std::unordered_map<std::int64_t, ViewPlace> view_places(Database& database, std::span<const Split> splits,
                                                        bool submitted) {
  auto query = database.query(
      "SELECT v.id, v.clip_id, c.recording_id, v.sample_rate_hz, r.split FROM views v"
      " JOIN clips c ON c.id = v.clip_id JOIN recordings r ON r.id = c.recording_id"
      " JOIN sources s ON s.id = c.source_id WHERE NOT ?1 OR s.kind = ?2");
  query.bind(std::int32_t{submitted}).bind(kSubmissions);
  std::unordered_map<std::int64_t, ViewPlace> places;
  while (query.step()) {
    if (std::ranges::find(splits, static_cast<Split>(query.integer(4))) == splits.end()) continue;
    places[query.integer(0)] = {query.integer(1), static_cast<std::int32_t>(query.integer(2)),
                                static_cast<std::int32_t>(query.integer(3))};
  }
  return places;
}

std::int32_t to_ms(std::int64_t samples, std::int32_t rate_hz) {
  return static_cast<std::int32_t>((samples * 1000 + rate_hz / 2) / rate_hz);
}

}  // namespace

ReviewConfigs find_review_configs(Catalogue& catalogue) {
  const StageConfig labels = last_labels(catalogue);
  ReviewConfigs configs;
  configs.label = labels.id;
  const Json text = parse_json(labels.text);
  configs.windows = id_of_hash(catalogue, text.find("windows"));
  configs.separate = id_of_hash(catalogue, text.find("separated"));
  for (const Json& name : text.at("classes").as_array()) configs.classes.push_back(name.as_string());
  const Json::Array& teachers = text.at("teachers").as_array();
  if (teachers.empty()) return configs;
  const Json* score = teachers.front().find("score");
  configs.score = id_of_hash(catalogue, score);
  if (configs.score == 0) return configs;
  const Json score_text = parse_json(config_of_hash(catalogue, score->as_string())->text);
  configs.embed = id_of_hash(catalogue, score_text.find("embed"));
  return configs;
}

std::vector<ReviewCandidate> list_review_candidates(Catalogue& catalogue, const ReviewConfigs& configs,
                                                    std::span<const Split> splits, bool submitted) {
  Database& database = catalogue.database();
  const auto classes = class_indices(database, configs.classes);
  const auto views = view_places(database, splits, submitted);
  // 3 is background (scores.h).
  auto query = database.query(
      "SELECT w.id, w.view_id, w.start_sample, w.length_samples, x.class_id, x.verdict, x.confidence, x.margin"
      " FROM labels x CROSS JOIN windows w ON w.id = x.window_id WHERE +x.config_id = ? AND x.verdict <> 3");
  query.bind(configs.label);
  std::vector<ReviewCandidate> candidates;
  while (query.step()) {
    const auto view = views.find(query.integer(1));
    if (view == views.end()) continue;
    const auto& [clip_id, recording, rate_hz] = view->second;
    const auto label = classes.find(query.integer(4));
    candidates.push_back({query.integer(0), clip_id, recording, to_ms(query.integer(2), rate_hz),
                          to_ms(query.integer(3), rate_hz),
                          label == classes.end() ? std::int16_t{-1} : label->second,
                          static_cast<Verdict>(query.integer(5)), static_cast<float>(query.real(6)),
                          static_cast<float>(query.real(7))});
  }
  std::ranges::sort(candidates, {}, [](const ReviewCandidate& one) {
    return std::tuple(one.clip_id, one.start_ms, one.length_ms, one.margin, one.window_id);
  });
  const auto same_stretch = [](const ReviewCandidate& a, const ReviewCandidate& b) {
    return std::tuple(a.clip_id, a.start_ms, a.length_ms) == std::tuple(b.clip_id, b.start_ms, b.length_ms);
  };
  candidates.erase(std::unique(candidates.begin(), candidates.end(), same_stretch), candidates.end());
  return candidates;
}

std::vector<float> review_embedding(Catalogue& catalogue, const ReviewConfigs& configs,
                                    std::int64_t window_id) {
  if (configs.embed == 0) return {};
  std::vector<float> values = get_embedding(catalogue, configs.embed, window_id);
  if (!values.empty()) return values;
  return get_view_embedding(catalogue, configs.embed, get_window(catalogue, window_id).view_id);
}

}  // namespace pupil::corpus
