// SPDX-License-Identifier: Apache-2.0
// 1. Items are learned from train and val recordings alone; a window of a test recording meets the prototypes only.
// 2. Nothing that decides depends on a row's id: fixed clips are chosen, and hashed, by their audio.
// 3. What is stored belongs to one "label" configuration and is read for that one alone.

#include "pipeline/label_refinement.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/scores.h"
#include "corpus/views.h"
#include "teacher/refinement.h"

namespace pupil::pipeline {
namespace {

std::filesystem::path prototypes_path(const Project& project) {
  return project.dir / "label" / "prototypes.safetensors";
}

teacher::RefinementOptions refinement_options(const Project& project) {
  teacher::RefinementOptions options;
  if (project.label.broad_negatives) options.rest_begin = std::ssize(project.named_classes());
  if (project.label.refine == "on") {
    options.least_agreement = 0;
    options.least_lead = -1;
  }
  return options;
}

// Train before val, each in an order that comes from the audio alone.
std::vector<corpus::Window> learned_windows(const Project& project, corpus::Catalogue& catalogue,
                                            const ConfigChain& chain) {
  std::vector<corpus::Window> all;
  for (const corpus::Split split : kLearnedSplits) {
    corpus::WindowFilter filter = chain.active(project.label);
    filter.split = split;
    const std::vector<corpus::Window> windows = corpus::list_windows_by_content(catalogue, filter);
    all.insert(all.end(), windows.begin(), windows.end());
  }
  return all;
}

// The first [label] fixed_per_class training clips of each class by the hashes of their audio: clip id ->
// class.
std::map<std::int64_t, std::int32_t> fixed_clips(const Project& project, corpus::Catalogue& catalogue) {
  std::map<std::int64_t, std::int32_t> fixed;
  if (project.label.fixed_per_class == 0) return fixed;
  std::map<std::int32_t, std::vector<std::pair<std::string, std::int64_t>>> of_class;
  corpus::ClipFilter filter;
  filter.split = corpus::Split::train;
  corpus::for_each_clip(catalogue, filter, [&](const corpus::Clip& clip) {
    const std::int32_t given =
        corpus::agreed_class(clip.truth, [&](const std::string& label) { return project.class_of(label); });
    if (given >= 0) of_class[given].emplace_back(clip.hash, clip.id);
  });
  for (auto& [given, clips] : of_class) {
    std::sort(clips.begin(), clips.end());
    const auto count = std::min<std::int64_t>(std::ssize(clips), project.label.fixed_per_class);
    for (std::int64_t i = 0; i < count; ++i) fixed[clips[static_cast<std::size_t>(i)].second] = given;
  }
  return fixed;
}

std::string hash_of_fixed(const Project& project, corpus::Catalogue& catalogue) {
  std::vector<std::string> lines;
  for (const auto& [clip_id, given] : fixed_clips(project, catalogue))
    lines.push_back(concat(corpus::get_clip(catalogue, clip_id).hash, " ", given, "\n"));
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  for (const std::string& line : lines) hash.update(line);
  return hash.hex();
}

Json figures_json(const RefinementFigures& figures) {
  Json json = refinement_json(figures);
  Json margins = Json(Json::Array());
  for (const double margin : figures.start_margins) margins.push_back(margin);
  json.set("start_margins", margins);
  return json;
}

RefinementFigures read_figures(const Json& json) {
  RefinementFigures figures;
  figures.helps = json.at("helps").as_bool();
  figures.agreement = json.at("agreement").as_double();
  figures.named_confidence = json.at("named_confidence").as_double();
  figures.item_count = json.at("items").as_int();
  figures.fixed_count = json.at("fixed").as_int();
  for (const Json& margin : json.at("start_margins").as_array())
    figures.start_margins.push_back(margin.as_double());
  return figures;
}

}  // namespace

Json refinement_json(const RefinementFigures& figures) {
  Json json;
  json.set("helps", figures.helps);
  json.set("agreement", figures.agreement);
  json.set("named_confidence", figures.named_confidence);
  json.set("items", figures.item_count);
  json.set("fixed", figures.fixed_count);
  return json;
}

Json refinement_config(const Project& project, corpus::Catalogue& catalogue) {
  if (project.label.refine == "off") return {};
  const teacher::RefinementOptions options = refinement_options(project);
  Json json;
  json.set("start_count", options.start_count);
  json.set("least_count", options.least_count);
  json.set("neighbours", std::int64_t{options.neighbour_count});
  json.set("concentration", options.concentration);
  json.set("temperature", options.temperature);
  json.set("corpus_temperature", options.corpus_temperature);
  json.set("least_agreement", options.least_agreement);
  json.set("least_lead", options.least_lead);
  if (project.teacher.input != "clip") json.set("stretch_s", kStretchSeconds);
  if (project.label.fixed_per_class > 0) json.set("fixed", hash_of_fixed(project, catalogue));
  return json;
}

// The items in their order, and what the mixture starts from.
class RefinementBuilder {
 public:
  RefinementBuilder(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                    std::span<const EnsembleMember> members)
      : catalogue_(catalogue), members_(members), fixed_clips_(fixed_clips(project, catalogue)) {
    result_.by_clip_ = project.teacher.input == "clip";
    result_.window_s_ = project.window.length_s;
    result_.embed_config_id_ = chain.teachers.front().embed.id;
    result_.embedding_begin_ = members.front().embedding_begin;
    class_count_ = members.front().kept.size();
    named_count_ = project.named_classes().size();
    for (const corpus::Window& window : learned_windows(project, catalogue, chain)) add(window);
  }

  std::optional<LabelRefinement> build(const teacher::RefinementOptions& options) {
    if (window_counts_.empty()) return std::nullopt;
    for (std::size_t row = 0; row < window_counts_.size(); ++row) {
      average(row, &embeddings_);
      average(row, &named_);
    }
    teacher::Refinement refined = teacher::refine(std::move(embeddings_), named_,
                                                  static_cast<std::int64_t>(class_count_), fixed_, options);
    result_.figures_ = {refined.helps,
                        refined.agreement,
                        refined.named_confidence,
                        std::ssize(window_counts_),
                        std::ssize(fixed_),
                        class_margins(refined.start_margins)};
    result_.prototypes_ = std::move(refined.prototypes);
    result_.posteriors_ = std::move(refined.posteriors);
    return std::move(result_);
  }

 private:
  // [K]: of all groups the one that leads most.
  std::vector<double> class_margins(const std::vector<double>& margins) const {
    const auto groups = margins.begin() + static_cast<std::ptrdiff_t>(named_count_);
    std::vector<double> of_classes(margins.begin(), groups);
    if (groups != margins.end()) of_classes.push_back(*std::max_element(groups, margins.end()));
    return of_classes;
  }

  void add(const corpus::Window& window) {
    const LabelRefinement::Item item = result_.item_of(window);
    const auto known = result_.row_of_item_.find(item);
    if (result_.by_clip_ && known != result_.row_of_item_.end()) return;  // all its windows have the same
    const std::vector<float> named = named_posterior_of(catalogue_, members_, window.id);
    const std::vector<float> embedding = result_.embedding(catalogue_, window);
    if (named.empty() || embedding.empty()) return;
    const std::size_t row =
        known != result_.row_of_item_.end() ? known->second : add_item(item, window, embedding.size());
    add_to(row, embedding, &embeddings_);
    add_to(row, named, &named_);
    ++window_counts_[row];
  }

  std::size_t add_item(const LabelRefinement::Item& item, const corpus::Window& window,
                       std::size_t embedding_size) {
    const std::size_t row = window_counts_.size();
    result_.row_of_item_[item] = row;
    window_counts_.push_back(0);
    embeddings_.resize((row + 1) * embedding_size);
    named_.resize((row + 1) * class_count_);
    if (const auto fixed = fixed_clips_.find(window.clip_id); fixed != fixed_clips_.end()) {
      fixed_.push_back({static_cast<std::int64_t>(row), std::vector<float>(class_count_)});
      fixed_.back().soft[static_cast<std::size_t>(fixed->second)] = 1;
    }
    return row;
  }

  static void add_to(std::size_t row, std::span<const float> values, std::vector<float>* rows) {
    for (std::size_t i = 0; i < values.size(); ++i) (*rows)[row * values.size() + i] += values[i];
  }

  void average(std::size_t row, std::vector<float>* rows) const {
    const std::size_t size = rows->size() / window_counts_.size();
    for (float& value : std::span(*rows).subspan(row * size, size))
      value /= static_cast<float>(window_counts_[row]);
  }

  corpus::Catalogue& catalogue_;
  std::span<const EnsembleMember> members_;
  std::map<std::int64_t, std::int32_t> fixed_clips_;
  std::size_t class_count_ = 0;  // W
  std::size_t named_count_ = 0;
  std::vector<float> embeddings_, named_;    // [N, D], [N, K]: sums over an item's windows, then means
  std::vector<std::int64_t> window_counts_;  // [N]
  std::vector<teacher::FixedItem> fixed_;
  LabelRefinement result_;
};

LabelRefinement::Item LabelRefinement::item_of(const corpus::Window& window) const {
  if (by_clip_) return {window.view_id, 0};
  const double start_s =
      window_s_ * static_cast<double>(window.start_sample) / static_cast<double>(window.length_samples);
  return {window.view_id, static_cast<std::int64_t>(start_s / kStretchSeconds)};
}

std::optional<LabelRefinement> LabelRefinement::learn(const Project& project, corpus::Catalogue& catalogue,
                                                      const ConfigChain& chain,
                                                      std::span<const EnsembleMember> members) {
  if (project.label.refine == "off") return std::nullopt;
  return RefinementBuilder(project, catalogue, chain, members).build(refinement_options(project));
}

std::vector<float> LabelRefinement::embedding(corpus::Catalogue& catalogue,
                                              const corpus::Window& window) const {
  std::vector<float> values = by_clip_
                                  ? corpus::get_view_embedding(catalogue, embed_config_id_, window.view_id)
                                  : corpus::get_embedding(catalogue, embed_config_id_, window.id);
  if (std::ssize(values) < embedding_begin_) return {};
  values.erase(values.begin(), values.begin() + embedding_begin_);
  return values;
}

std::vector<float> LabelRefinement::posterior(corpus::Catalogue& catalogue, const corpus::Window& window,
                                              std::vector<float> named) const {
  const auto known = row_of_item_.find(item_of(window));
  if (known != row_of_item_.end()) {
    const auto row = posteriors_.begin() + static_cast<std::ptrdiff_t>(known->second * named.size());
    return {row, row + std::ssize(named)};
  }
  const std::vector<float> values = embedding(catalogue, window);
  return values.empty() ? named : prototypes_.posterior(values, named);
}

void LabelRefinement::write(const Project& project, const std::string& label_hash) const {
  const std::filesystem::path path = prototypes_path(project);
  std::filesystem::create_directories(path.parent_path());
  teacher::write_prototypes(
      path, {prototypes_, {{"labels", label_hash}, {"figures", figures_json(figures_).dump()}}});
}

std::optional<StoredRefinement> read_refinement(const Project& project, const ConfigChain& chain) {
  if (project.label.refine == "off" || !std::filesystem::exists(prototypes_path(project)))
    return std::nullopt;
  teacher::StoredPrototypes stored = teacher::read_prototypes(prototypes_path(project));
  if (stored.notes["labels"] != chain.label.hash) return std::nullopt;
  return StoredRefinement{std::move(stored.prototypes), read_figures(parse_json(stored.notes["figures"]))};
}

}  // namespace pupil::pipeline
