// SPDX-License-Identifier: Apache-2.0
// 1. A part's verdicts are unknown to all that judges them: they are not fixed, weigh nothing in the head, and take part
//    as items that nobody has judged.
// 2. A held-out verdict is classified as new audio is, without its neighbours: the figure holds for recordings to come.
// 3. Parts follow the order of the items, which comes from their audio: the same corpus gives the same parts.

#include "teacher/verdict_head.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "teacher/linear_head.h"
#include "teacher/most_probable.h"

namespace pupil::teacher {
namespace {

constexpr std::size_t kParts = 5;
constexpr std::array kShares = {0.0, 0.25, 0.5, 0.75, 1.0};
constexpr float kLeastProbability = 1e-6F;

using Row = std::span<const float>;

std::int64_t count_recordings(std::span<const KnownItem> known) {
  std::set<std::string> recordings;
  for (const KnownItem& one : known) recordings.insert(one.recording);
  return std::ssize(recordings);
}

double cross_entropy(Row target, Row posterior) {
  double sum = 0;
  for (std::size_t k = 0; k < target.size(); ++k)
    sum -= target[k] * std::log(std::max(posterior[k], kLeastProbability));
  return sum;
}

// Whether the embedding carries the classes is asked without the verdicts: where they show names to be wrong, as they are
// there to do, names and embedding agree less, and that speaks against the names. The answer as options: always or never.
RefinementOptions decided_by(const Refinement& unaided, RefinementOptions options) {
  options.least_agreement = unaided.helps ? 0 : 2;  // no share is as large
  options.least_lead = -1;
  return options;
}

// Posteriors of the held-out verdicts, by the share of the head.
using HeldOut = std::array<std::vector<std::vector<float>>, kShares.size()>;

struct Corpus {
  std::span<const float> embeddings;  // [N, D]
  std::span<const float> named;       // [N, K]
  std::size_t class_count;
  std::span<const KnownItem> known;
  const RefinementOptions& options;
  const VerdictHeadOptions& head_options;
  const Refinement& unaided;  // without the verdicts

  std::size_t item_count() const { return named.size() / class_count; }
  std::size_t dimension() const { return embeddings.size() / item_count(); }
  std::size_t item(std::size_t known_index) const {
    return static_cast<std::size_t>(known[known_index].fixed.item);
  }
  Row embedding(std::size_t i) const { return embeddings.subspan(i * dimension(), dimension()); }
  Row name(std::size_t i) const { return named.subspan(i * class_count, class_count); }
};

class VerdictTeaching {
 public:
  explicit VerdictTeaching(const Corpus& corpus)
      : corpus_(corpus), unit_rows_(corpus.embeddings.begin(), corpus.embeddings.end()) {
    const EmbeddingScale scale =
        EmbeddingScale::measure(corpus.embeddings, static_cast<std::int64_t>(corpus.dimension()));
    for (std::size_t i = 0; i < corpus.item_count(); ++i) scale.apply(unit_row(i));
    divide();
  }

  TaughtRefinement run() {
    TaughtRefinement taught;
    taught.refinement = refine_with(std::vector<bool>(corpus_.known.size(), true), corpus_.options);
    validate(&taught.validation);
    if (taught.validation.share > 0) teach_all(&taught);
    return taught;
  }

 private:
  std::span<float> unit_row(std::size_t i) {
    return std::span(unit_rows_).subspan(i * corpus_.dimension(), corpus_.dimension());
  }

  // Recordings in the order in which they appear go to one part after the other.
  void divide() {
    std::map<std::string, std::size_t> part_of;
    for (const KnownItem& one : corpus_.known)
      parts_.push_back(part_of.try_emplace(one.recording, part_of.size() % kParts).first->second);
  }

  Refinement refine_with(const std::vector<bool>& taken, const RefinementOptions& options) const {
    std::vector<FixedItem> fixed;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) fixed.push_back(corpus_.known[i].fixed);
    }
    return refine({corpus_.embeddings.begin(), corpus_.embeddings.end()}, corpus_.named,
                  static_cast<std::int64_t>(corpus_.class_count), fixed, options);
  }

  // [N]: known items that are taken weigh most, those that are not nothing.
  std::vector<float> weights(const std::vector<bool>& taken) const {
    const std::size_t count = corpus_.item_count();
    const auto most = static_cast<std::size_t>(corpus_.head_options.most_others);
    const std::size_t step = (count + most - 1) / most;
    std::vector<float> weights(count);
    for (std::size_t i = 0; i < count; i += step) weights[i] = 1;
    for (std::size_t i = 0; i < taken.size(); ++i)
      weights[corpus_.item(i)] = taken[i] ? static_cast<float>(corpus_.head_options.verdict_weight) : 0;
    return weights;
  }

  LinearHead fit_with(const std::vector<bool>& taken, const Refinement& refined) const {
    return fit_head(unit_rows_, refined.posteriors, weights(taken),
                    static_cast<std::int64_t>(corpus_.class_count));
  }

  // Teaches with the verdicts of some parts and classifies those of `held_out`.
  void classify(const std::vector<bool>& taken, std::size_t held_out, HeldOut* result) const {
    Refinement refined = refine_with(taken, corpus_.options);
    refined.prototypes.head = fit_with(taken, refined);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i] != held_out) continue;
      for (std::size_t s = 0; s < kShares.size(); ++s) {
        refined.prototypes.head_shares.assign(corpus_.class_count, static_cast<float>(kShares[s]));
        (*result)[s][i] =
            refined.prototypes.posterior(corpus_.embedding(corpus_.item(i)), corpus_.name(corpus_.item(i)));
      }
    }
  }

  // The verdicts of `count` parts after `held_out`.
  std::vector<bool> parts_after(std::size_t held_out, std::size_t count) const {
    std::vector<bool> taken;
    for (const std::size_t part : parts_) taken.push_back((part + kParts - held_out - 1) % kParts < count);
    return taken;
  }

  HeldOut classify_all(std::size_t parts_taught) const {
    HeldOut result;
    result.fill(std::vector<std::vector<float>>(parts_.size()));
    for (std::size_t part = 0; part < kParts; ++part)
      classify(parts_after(part, parts_taught), part, &result);
    return result;
  }

  std::vector<double> losses(const std::vector<std::vector<float>>& posteriors) const {
    std::vector<double> losses;
    for (std::size_t i = 0; i < posteriors.size(); ++i)
      losses.push_back(cross_entropy(corpus_.known[i].fixed.soft, posteriors[i]));
    return losses;
  }

  void validate(VerdictValidation* validation) const {
    const HeldOut most = classify_all(kParts - 1);
    const std::size_t best = choose_share(most, validation);
    const HeldOut half = classify_all((kParts - 1) / 2);
    validation->classes.resize(corpus_.class_count);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      ClassValidation& counts = validation->classes[most_probable(corpus_.known[i].fixed.soft)];
      ++counts.verdict_count;
      counts.unaided_count +=
          is_right(i, corpus_.unaided.prototypes.posterior(corpus_.embedding(corpus_.item(i)),
                                                           corpus_.name(corpus_.item(i))));
      counts.half_count += is_right(i, half[best][i]);
      counts.fixed_count += is_right(i, most[0][i]);
      counts.right_count += is_right(i, most[best][i]);
      const std::size_t called = most_probable(most[best][i]);
      validation->held_out.push_back(
          {static_cast<std::int32_t>(called), most[best][i][called], is_right(i, most[best][i]) != 0});
    }
  }

  // The share with the least loss; none where that is no better than chance would make it.
  std::size_t choose_share(const HeldOut& held_out, VerdictValidation* validation) const {
    const std::vector<double> without = losses(held_out[0]);
    std::size_t best = 0;
    for (std::size_t s = 1; s < kShares.size(); ++s) {
      std::vector<double> gains = losses(held_out[s]);
      for (std::size_t i = 0; i < gains.size(); ++i) gains[i] = without[i] - gains[i];
      const auto [mean, error] = mean_over_recordings(gains);
      if (mean <= validation->loss_gain || mean <= error) continue;
      best = s;
      validation->share = kShares[s];
      validation->loss_gain = mean;
      validation->loss_gain_error = error;
    }
    return best;
  }

  // And its standard error: verdicts of one recording are not independent.
  std::pair<double, double> mean_over_recordings(const std::vector<double>& values) const {
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    std::map<std::string, double> deviations;
    for (std::size_t i = 0; i < values.size(); ++i)
      deviations[corpus_.known[i].recording] += values[i] - mean;
    double squares = 0;
    for (const auto& [recording, deviation] : deviations) squares += deviation * deviation;
    return {mean, std::sqrt(squares) / static_cast<double>(values.size())};
  }

  std::int64_t is_right(std::size_t known_index, Row posterior) const {
    const std::size_t wanted = most_probable(corpus_.known[known_index].fixed.soft);
    return as_one(most_probable(posterior)) == as_one(wanted) ? 1 : 0;
  }

  std::size_t as_one(std::size_t k) const {
    if (corpus_.options.rest_begin < 0) return k;
    return std::min(k, static_cast<std::size_t>(corpus_.options.rest_begin));
  }

  void teach_all(TaughtRefinement* taught) {
    const LinearHead head = fit_with(std::vector<bool>(parts_.size(), true), taught->refinement);
    const std::vector<float> shares(corpus_.class_count, static_cast<float>(taught->validation.share));
    std::vector<float> mixed(corpus_.named.size()), by_head(corpus_.class_count);
    for (std::size_t i = 0; i < corpus_.item_count(); ++i) {
      head.posterior(unit_row(i), by_head);
      mix_posteriors(corpus_.name(i), by_head, shares,
                     std::span(mixed).subspan(i * corpus_.class_count, corpus_.class_count));
    }
    refine_again(mixed, taught);
    taught->refinement.prototypes.head = head;
    taught->refinement.prototypes.head_shares = shares;
  }

  // From the mixed names. What is said of the names themselves stays; where the embedding did not help them, it is the
  // head alone that does.
  void refine_again(std::span<const float> mixed, TaughtRefinement* taught) const {
    std::vector<FixedItem> fixed;
    for (const KnownItem& one : corpus_.known) fixed.push_back(one.fixed);
    Refinement again = refine({corpus_.embeddings.begin(), corpus_.embeddings.end()}, mixed,
                              static_cast<std::int64_t>(corpus_.class_count), fixed, corpus_.options);
    taught->refinement.posteriors = std::move(again.posteriors);
    taught->refinement.prototypes = std::move(again.prototypes);
  }

  const Corpus& corpus_;
  std::vector<float> unit_rows_;    // [N, D]
  std::vector<std::size_t> parts_;  // of each known item
};

}  // namespace

TaughtRefinement refine_with_verdicts(std::vector<float> embeddings, std::span<const float> named,
                                      std::int64_t class_count, std::span<const KnownItem> known,
                                      const RefinementOptions& options,
                                      const VerdictHeadOptions& head_options) {
  if (known.empty()) return {refine(std::move(embeddings), named, class_count, {}, options), {}};
  const Refinement unaided = refine(embeddings, named, class_count, {}, options);
  const RefinementOptions decided = decided_by(unaided, options);
  if (count_recordings(known) < head_options.least_recordings ||
      std::ssize(known) < head_options.least_items) {
    std::vector<FixedItem> fixed;
    for (const KnownItem& one : known) fixed.push_back(one.fixed);
    return {refine(std::move(embeddings), named, class_count, fixed, decided), {}};
  }
  const Corpus corpus{embeddings,   named,  static_cast<std::size_t>(class_count), known, decided,
                      head_options, unaided};
  return VerdictTeaching(corpus).run();
}

}  // namespace pupil::teacher
