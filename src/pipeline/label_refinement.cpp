// SPDX-License-Identifier: Apache-2.0
// 1. Items are learned from train and val recordings alone; a window of a test recording meets the prototypes only.
// 2. Nothing that decides depends on a row's id: what people decided is chosen, and hashed, by the audio (known_classes.h).
// 3. What is stored belongs to one "label" configuration and is read for that one alone.

#include "pipeline/label_refinement.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/scores.h"
#include "corpus/views.h"
#include "teacher/linear_head.h"
#include "teacher/verdict_head.h"

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

Json figures_json(const RefinementFigures& figures) {
  Json json = refinement_json(figures);
  Json margins = Json(Json::Array());
  for (const double margin : figures.start_margins) margins.push_back(margin);
  json.set("start_margins", margins);
  if (!figures.worth.classes.empty()) json.set("worth", worth_json(figures.worth));
  return json;
}

// 0 where the key is not there: it is written where there is something to count.
std::int64_t count_in(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value == nullptr ? 0 : value->as_int();
}

RefinementFigures read_figures(const Json& json) {
  RefinementFigures figures;
  figures.helps = json.at("helps").as_bool();
  figures.agreement = json.at("agreement").as_double();
  figures.named_confidence = json.at("named_confidence").as_double();
  figures.item_count = json.at("items").as_int();
  figures.fixed_count = json.at("fixed").as_int();
  figures.reviewed_count = count_in(json, "reviewed");
  figures.example_count = count_in(json, "examples");
  figures.contradictory_count = count_in(json, "contradictory");
  for (const Json& margin : json.at("start_margins").as_array())
    figures.start_margins.push_back(margin.as_double());
  if (const Json* worth = json.find("worth")) figures.worth = read_worth(*worth);
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
  if (figures.reviewed_count > 0) json.set("reviewed", figures.reviewed_count);
  if (figures.example_count > 0) json.set("examples", figures.example_count);
  if (figures.contradictory_count > 0) json.set("contradictory", figures.contradictory_count);
  return json;
}

double stretch_seconds(const Project& project) {
  return project.teacher.input == "window" ? 10 : 3;
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
  const KnownClasses known = KnownClasses::read(project, catalogue);
  if (project.teacher.input != "clip") json.set("stretch_s", stretch_seconds(project));
  // Labels of versions that took the whole stretch of a review for certain are made again.
  if (project.teacher.input != "clip" && !known.reviews_hash().empty()) json.set("reviewed", "windows");
  if (project.label.fixed_per_class > 0) json.set("fixed", known.given_hash());
  if (!known.reviews_hash().empty()) json.set("reviews", known.reviews_hash());
  if (!known.examples_hash().empty()) json.set("examples", known.examples_hash());
  if (!known.reviews_hash().empty() || !known.examples_hash().empty()) {
    json.set("verdict_weight", teacher::VerdictHeadOptions().verdict_weight);
    json.set("head_penalty", teacher::HeadFitOptions().penalty);
  }
  return json;
}

// The items in their order, and what the mixture starts from.
class RefinementBuilder {
 public:
  RefinementBuilder(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                    std::span<const EnsembleMember> members)
      : catalogue_(catalogue), members_(members) {
    result_.known_ = KnownClasses::read(project, catalogue);
    result_.by_clip_ = project.teacher.input == "clip";
    result_.window_s_ = project.window.length_s;
    result_.stretch_s_ = stretch_seconds(project);
    result_.embed_config_id_ = chain.teachers.front().embed.id;
    result_.embedding_begin_ = members.front().embedding_begin;
    class_count_ = members.front().kept.size();
    named_count_ = project.named_classes().size();
    for (const SoundClass& sound : project.named_classes()) named_classes_.push_back(sound.name);
    reported_count_ = project.classes.size();
    for (const corpus::Window& window : learned_windows(project, catalogue, chain)) add(window);
  }

  std::optional<LabelRefinement> build(const teacher::RefinementOptions& options) {
    if (window_counts_.empty()) return std::nullopt;
    for (std::size_t row = 0; row < window_counts_.size(); ++row) {
      average(row, &embeddings_);
      average(row, &named_);
    }
    for (std::size_t row = 0; row < known_of_row_.size(); ++row) fix(row);
    teacher::TaughtRefinement taught = teach(options);
    teacher::Refinement& refined = taught.refinement;
    result_.figures_ = {refined.helps,
                        refined.agreement,
                        refined.named_confidence,
                        std::ssize(window_counts_),
                        std::ssize(known_items_),
                        class_margins(refined.start_margins),
                        reviewed_count_,
                        contradictory_count_,
                        example_count_,
                        measure_worth(taught.validation, named_classes_)};
    result_.prototypes_ = std::move(refined.prototypes);
    result_.posteriors_ = std::move(refined.posteriors);
    return std::move(result_);
  }

 private:
  // Given labels alone teach no head: they are fixed, as they were before there were verdicts.
  teacher::TaughtRefinement teach(const teacher::RefinementOptions& options) {
    teacher::VerdictHeadOptions head;
    if (reviewed_count_ + example_count_ == 0) head.least_items = std::numeric_limits<std::int64_t>::max();
    return teacher::refine_with_verdicts(
        std::move(embeddings_), named_, static_cast<std::int64_t>(class_count_), known_items_, options, head);
  }

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
    known_of_row_.push_back(known_of(window));
    return row;
  }

  KnownClasses::Known known_of(const corpus::Window& window) const {
    if (result_.by_clip_)
      return result_.known_.find(window.clip_id, 0, std::numeric_limits<double>::infinity());
    return result_.known_.find_window(window.clip_id, result_.start_s(window));
  }

  // Takes the item's class for certain where it is known.
  void fix(std::size_t row) {
    const KnownClasses::Known& known = known_of_row_[row];
    contradictory_count_ += known.contradictory ? 1 : 0;
    if (!known.class_index) return;
    std::vector<float> soft = certain(row, *known.class_index);
    if (soft.empty()) return;
    reviewed_count_ += known.reviewed ? 1 : 0;
    example_count_ += known.example ? 1 : 0;
    known_items_.push_back({{static_cast<std::int64_t>(row), std::move(soft)}, known.recording});
  }

  // [W]; where no reported class is there, the others share it as by name. Empty where there are no others.
  std::vector<float> certain(std::size_t row, std::int32_t class_index) const {
    std::vector<float> soft(class_count_);
    if (class_index >= 0) {
      soft[static_cast<std::size_t>(class_index)] = 1;
      return soft;
    }
    const std::span<const float> named = std::span(named_).subspan(row * class_count_, class_count_);
    const float rest =
        std::accumulate(named.begin() + static_cast<std::ptrdiff_t>(reported_count_), named.end(), 0.0F);
    if (!(rest > 0)) return {};
    for (std::size_t k = reported_count_; k < class_count_; ++k) soft[k] = named[k] / rest;
    return soft;
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
  std::size_t class_count_ = 0;  // W
  std::size_t named_count_ = 0;
  std::vector<std::string> named_classes_;
  std::size_t reported_count_ = 0;
  std::int64_t reviewed_count_ = 0, example_count_ = 0, contradictory_count_ = 0;  // of the items
  std::vector<float> embeddings_, named_;          // [N, D], [N, K]: sums over an item's windows, then means
  std::vector<std::int64_t> window_counts_;        // [N]
  std::vector<KnownClasses::Known> known_of_row_;  // [N]
  std::vector<teacher::KnownItem> known_items_;
  LabelRefinement result_;
};

double LabelRefinement::start_s(const corpus::Window& window) const {
  return window_s_ * static_cast<double>(window.start_sample) / static_cast<double>(window.length_samples);
}

LabelRefinement::Item LabelRefinement::item_of(const corpus::Window& window) const {
  if (by_clip_) return {window.view_id, 0, kNotReviewed};
  const double begin_s = start_s(window);
  const KnownClasses::Known known = known_.find_window(window.clip_id, begin_s);
  const std::int32_t said = known.contradictory ? kContradictory
                            : known.reviewed    ? known.class_index.value_or(kNotReviewed)
                                                : kNotReviewed;
  return {window.view_id, static_cast<std::int64_t>(begin_s / stretch_s_), said};
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
  const std::filesystem::path verdicts = path.parent_path() / "verdicts.json";
  if (figures_.worth.classes.empty()) {
    std::filesystem::remove(verdicts);
    return;
  }
  Json json = worth_json(figures_.worth);
  json.set("labels", label_hash);
  write_whole(verdicts, json.dump(2) + "\n");
}

std::optional<StoredRefinement> read_refinement(const Project& project, const ConfigChain& chain) {
  if (project.label.refine == "off" || !std::filesystem::exists(prototypes_path(project)))
    return std::nullopt;
  teacher::StoredPrototypes stored = teacher::read_prototypes(prototypes_path(project));
  if (stored.notes["labels"] != chain.label.hash) return std::nullopt;
  return StoredRefinement{std::move(stored.prototypes), read_figures(parse_json(stored.notes["figures"]))};
}

}  // namespace pupil::pipeline
