// SPDX-License-Identifier: Apache-2.0
#include "pipeline/confusions.h"

#include <algorithm>
#include <utility>

namespace pupil::pipeline {
namespace {

// Names by falling count; of equal counts in the order they come in.
std::vector<std::string> by_count(std::vector<std::pair<std::int64_t, std::string>> counted) {
  std::ranges::stable_sort(counted, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> names;
  for (auto& [count, name] : counted) names.push_back(std::move(name));
  return names;
}

}  // namespace

void Confusions::add(const SoundClass& sound, std::size_t taken_for, std::int64_t count) {
  if (count <= 0) return;
  Row& row = rows_[sound.name];
  row.prompts = sound.prompts;
  row.counts[taken_for] += count;
}

Json Confusions::json(std::span<const std::string> class_names) const {
  std::vector<std::pair<std::int64_t, std::string>> totals;
  for (const auto& [name, row] : rows_) {
    std::int64_t total = 0;
    for (const auto& [taken_for, count] : row.counts) total += count;
    totals.emplace_back(total, name);
  }
  Json list = Json(Json::Array());
  for (const std::string& name : by_count(totals)) {
    const Row& row = rows_.at(name);
    std::vector<std::pair<std::int64_t, std::string>> taken_for;
    std::int64_t total = 0;
    for (const auto& [index, count] : row.counts) {
      taken_for.emplace_back(count, class_names[index]);
      total += count;
    }
    Json one;
    one.set("sound", name);
    one.set("taken_for", by_count(std::move(taken_for)));
    one.set("false_alarms", total);
    one.set("prompts", row.prompts);
    list.push_back(one);
  }
  return list;
}

}  // namespace pupil::pipeline
