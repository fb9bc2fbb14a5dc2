// SPDX-License-Identifier: Apache-2.0
// Everything is counted anew from the stored labels, none of it while labelling: a stage that was stopped and resumed,
// or had nothing left to do, reports the same figures.
#include "pipeline/label_summary.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/table_text.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "metrics/clip_scores.h"
#include "metrics/confusion.h"
#include "metrics/decisions.h"
#include "metrics/ranking.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/label_decision.h"
#include "pipeline/label_refinement.h"

namespace pupil::pipeline {
namespace {

using corpus::Verdict;

constexpr Verdict kVerdicts[] = {Verdict::accepted, Verdict::doubtful, Verdict::none_of_these,
                                 Verdict::background, Verdict::capped};

// What a clip's given labels say in terms of the project's classes.
struct ClipTruth {
  std::int32_t class_index = metrics::kNone;  // kNone: names no class
  bool any_class = false;
  bool known() const { return any_class || class_index != metrics::kNone; }
};

ClipTruth truth_of(const Project& project, const corpus::Clip& clip) {
  ClipTruth truth;
  truth.class_index =
      corpus::agreed_class(clip.given, [&](const std::string& given) { return project.class_of(given); });
  for (const corpus::GivenLabel& given : clip.given) {
    truth.any_class = truth.any_class || project.means_any_class(given.label);
  }
  return truth;
}

// Soft targets of all scored windows with a known truth, and the clips they belong to.
struct ScoredWindows {
  std::vector<float> soft;  // [N, K]
  std::vector<std::int64_t> clip_ids;
  std::map<std::int64_t, ClipTruth> truth;
};

TruthReport judge(const Project& project, const ScoredWindows& windows, std::vector<ClassReport>* classes) {
  const auto class_count = static_cast<std::int32_t>(classes->size());
  const metrics::ClipScores clips =
      metrics::mean_of_active_windows(windows.soft, class_count, windows.clip_ids, {});
  std::vector<float> named_scores;
  std::vector<std::int32_t> named_truth;
  std::vector<float> any_scores;
  std::vector<std::uint8_t> any_truth;
  for (std::size_t i = 0; i < clips.clip_ids.size(); ++i) {
    const ClipTruth& truth = windows.truth.at(clips.clip_ids[i]);
    const float* row = &clips.scores[i * static_cast<std::size_t>(class_count)];
    if (truth.class_index != metrics::kNone) {
      named_scores.insert(named_scores.end(), row, row + class_count);
      named_truth.push_back(truth.class_index);
    }
    float any = 0;
    for (std::size_t k = 0; k < project.classes.size(); ++k) any += row[k];
    any_scores.push_back(any);
    any_truth.push_back(truth.any_class ? 1 : 0);
  }

  TruthReport report;
  report.clip_count = static_cast<std::int64_t>(named_truth.size());
  report.any_class_count = std::count(any_truth.begin(), any_truth.end(), 1);
  report.rest_count = static_cast<std::int64_t>(any_truth.size()) - report.any_class_count;
  report.any_class_auc = metrics::roc_auc(any_scores, any_truth);
  const metrics::ConfusionMatrix confusion(named_truth, metrics::decide(named_scores, class_count),
                                           class_count);
  report.accuracy = confusion.accuracy();
  report.balanced_accuracy = confusion.balanced_accuracy();
  const std::vector<double> auc =
      metrics::per_class_roc_auc(named_scores, metrics::one_of_k(named_truth, class_count), class_count);
  for (std::int32_t k = 0; k < class_count; ++k) {
    ClassReport& row = (*classes)[static_cast<std::size_t>(k)];
    const metrics::ClassFigures figures = confusion.figures(k);
    row.truth_clip_count = figures.truth_count;
    row.clip_precision = figures.precision;
    row.clip_recall = figures.recall;
    row.clip_auc = auc[static_cast<std::size_t>(k)];
  }
  return report;
}

std::int64_t count_of(const std::map<Verdict, std::int64_t>& counts, Verdict verdict) {
  const auto found = counts.find(verdict);
  return found == counts.end() ? 0 : found->second;
}

// Words of a class whose surest recordings lead the others by less than this in the mean fit badly: see docs/teachers.md.
constexpr double kWeakMargin = 0.2;

// How the labels were refined, and which words fit badly.
std::string refinement_text(const LabelStageReport& report) {
  const RefinementFigures& figures = report.refinement->figures;
  std::string text = concat(
      "\n", figures.helps ? "refined" : "not refined", " by ", with_thousands(figures.item_count),
      " embeddings: ", fixed(100 * figures.agreement, 1),
      " % keep the class of their names, which are sure of ", fixed(100 * figures.named_confidence, 1), " %");
  if (!figures.helps) text += "; too few to trust the embedding ([label] refine)";
  const std::int64_t given = figures.fixed_count - figures.reviewed_count - figures.example_count;
  if (given > 0) text += concat("; ", with_thousands(given), " have a given label");
  if (figures.example_count > 0)
    text += concat("; ", with_thousands(figures.example_count), " are examples of their class");
  if (figures.reviewed_count > 0)
    text += concat("; ", with_thousands(figures.reviewed_count), " were reviewed");
  if (figures.contradictory_count > 0)
    text += concat("; of ", with_thousands(figures.contradictory_count),
                   " the reviews contradict each other and are not used");
  std::string weak;
  for (std::size_t k = 0; k < figures.start_margins.size(); ++k) {
    if (figures.start_margins[k] < kWeakMargin)
      weak += concat(weak.empty() ? "" : ", ", report.classes[k].name, " (",
                     fixed(figures.start_margins[k], 2), ")");
  }
  if (!weak.empty())
    text += concat("\nwords that fit no recording well, by the lead of their surest: ", weak);
  return text + "\n";
}

std::string share(double value) {
  return std::isnan(value) ? "-" : fixed(100.0 * value, 1);
}

}  // namespace

void summarise_labels(const Project& project, corpus::Catalogue& catalogue,
                      const corpus::WindowFilter& filter, std::int64_t label_config_id,
                      LabelStageReport* report) {
  std::map<std::string, std::size_t> index_of;
  for (const SoundClass& sound : project.all_classes()) {
    index_of[sound.name] = report->classes.size();
    report->classes.emplace_back().name = sound.name;
  }

  ScoredWindows scored;
  corpus::for_each_labelled_window(
      catalogue, filter, label_config_id, std::nullopt, [&](const corpus::LabelledWindow& window) {
        ++report->label_count;
        ++report->verdicts[window.label.verdict];
        const auto known = index_of.find(window.label.label);
        if (known == index_of.end()) return;
        ClassReport& row = report->classes[known->second];
        ++row.window_count[window.label.verdict];
        const std::int64_t clip_id = window.window.clip_id;
        if (!scored.truth.contains(clip_id)) {
          scored.truth[clip_id] = truth_of(project, corpus::get_clip(catalogue, clip_id));
        }
        const ClipTruth& truth = scored.truth[clip_id];
        if (window.label.verdict == Verdict::accepted && truth.class_index != metrics::kNone) {
          ++row.accepted_with_truth_count;
          if (static_cast<std::size_t>(truth.class_index) == known->second) ++row.accepted_right_count;
        }
        if (truth.known() && window.label.soft.size() == report->classes.size()) {
          scored.soft.insert(scored.soft.end(), window.label.soft.begin(), window.label.soft.end());
          scored.clip_ids.push_back(clip_id);
        }
      });
  if (!scored.clip_ids.empty()) report->truth = judge(project, scored, &report->classes);
}

void summarise_refinement(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                          const corpus::WindowFilter& filter, LabelStageReport* report) {
  const std::optional<StoredRefinement> stored = read_refinement(project, chain);
  if (!stored) return;
  RefinementReport refinement{stored->figures, std::vector<std::int64_t>(report->classes.size())};
  const std::vector<EnsembleMember> members = find_members(project, catalogue, chain);
  const std::vector<SoundClass> classes = project.all_classes();
  corpus::WindowFilter active = filter;
  active.min_activity_db = project.label.activity_db;
  for (const corpus::Window& window : corpus::list_windows_by_content(catalogue, active)) {
    const std::vector<float> named =
        soft_target_of_posterior(project, named_posterior_of(catalogue, members, window.id));
    if (named.empty() || decide(project.label, classes, named).verdict != Verdict::accepted) continue;
    ++refinement.named_accepted_count[static_cast<std::size_t>(teacher::decide(named).class_index)];
  }
  report->refinement = std::move(refinement);
}

void summarise_groups(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                      LabelStageReport* report) {
  if (!project.label.broad_negatives) return;
  const std::optional<BankScores> bank = read_bank_scores(project, chain);
  report->groups =
      groups_text(project, find_groups_aside(project, catalogue, chain, bank ? &*bank : nullptr));
}

std::string label_report_text(const LabelStageReport& report) {
  std::string text = concat(with_thousands(report.label_count), " windows labelled:");
  for (const Verdict verdict : kVerdicts) {
    text += concat(" ", with_thousands(count_of(report.verdicts, verdict)), " ",
                   corpus::verdict_name(verdict), verdict == Verdict::capped ? "\n" : ",");
  }
  for (const corpus::SkipCount& skip : report.skips)
    text += concat("skipped: ", skip.count, " ", skip.reason, "\n");
  const bool truth = report.truth.clip_count > 0;
  text += concat("\n", left_aligned("class", 20));
  if (report.refinement) text += concat(right_aligned("lead", 7), right_aligned("as named", 10));
  text += concat(right_aligned("accepted", 10), right_aligned("doubtful", 10), right_aligned("capped", 8));
  if (truth)
    text += concat(right_aligned("right %", 9), right_aligned("clips", 8), right_aligned("recall %", 10),
                   right_aligned("prec. %", 9), right_aligned("AUC", 8));
  text += "\n";
  for (std::size_t k = 0; k < report.classes.size(); ++k) {
    const ClassReport& row = report.classes[k];
    text += left_aligned(row.name, 20);
    if (report.refinement)
      text += concat(right_aligned(fixed(report.refinement->figures.start_margins[k], 2), 7),
                     right_aligned(concat(report.refinement->named_accepted_count[k]), 10));
    text += concat(right_aligned(concat(count_of(row.window_count, Verdict::accepted)), 10),
                   right_aligned(concat(count_of(row.window_count, Verdict::doubtful)), 10),
                   right_aligned(concat(count_of(row.window_count, Verdict::capped)), 8));
    if (truth) {
      const double right =
          static_cast<double>(row.accepted_right_count) / static_cast<double>(row.accepted_with_truth_count);
      text += concat(right_aligned(share(right), 9), right_aligned(concat(row.truth_clip_count), 8),
                     right_aligned(share(row.clip_recall), 10), right_aligned(share(row.clip_precision), 9),
                     right_aligned(std::isnan(row.clip_auc) ? "-" : fixed(row.clip_auc, 3), 8));
    }
    text += "\n";
  }
  if (report.refinement) text += refinement_text(report);
  if (report.refinement) text += worth_text(report.refinement->figures.worth);
  if (!report.groups.empty()) text += concat("\n", report.groups);
  if (truth) {
    text +=
        concat("\nagainst given labels, ", with_thousands(report.truth.clip_count), " clips: accuracy ",
               share(report.truth.accuracy), " %, balanced ", share(report.truth.balanced_accuracy), " %\n");
  }
  if (report.truth.any_class_count > 0 && report.truth.rest_count > 0) {
    text += concat("any class against the rest (", report.truth.any_class_count, " and ",
                   report.truth.rest_count, " clips): AUC ", fixed(report.truth.any_class_auc, 3), "\n");
  }
  return text;
}

Json label_report_json(const LabelStageReport& report) {
  Json json;
  json.set("embedded", report.embedded_count);
  json.set("scored", report.scored_count);
  json.set("labelled", report.label_count);
  Json verdicts = Json(Json::Object());
  for (const Verdict verdict : kVerdicts)
    verdicts.set(corpus::verdict_name(verdict), count_of(report.verdicts, verdict));
  json.set("verdicts", verdicts);
  Json skips = Json(Json::Object());
  for (const corpus::SkipCount& skip : report.skips) skips.set(skip.reason, skip.count);
  json.set("skipped", skips);
  Json classes = Json(Json::Array());
  for (std::size_t k = 0; k < report.classes.size(); ++k) {
    const ClassReport& row = report.classes[k];
    Json entry;
    entry.set("name", row.name);
    if (report.refinement) {
      entry.set("lead", report.refinement->figures.start_margins[k]);
      entry.set("accepted_as_named", report.refinement->named_accepted_count[k]);
    }
    for (const Verdict verdict : kVerdicts)
      entry.set(corpus::verdict_name(verdict), count_of(row.window_count, verdict));
    entry.set("accepted_with_truth", row.accepted_with_truth_count);
    entry.set("accepted_right", row.accepted_right_count);
    entry.set("truth_clips", row.truth_clip_count);
    if (report.truth.clip_count > 0) {
      entry.set("clip_recall", row.clip_recall);
      entry.set("clip_precision", row.clip_precision);
      entry.set("clip_auc", row.clip_auc);
    }
    classes.push_back(entry);
  }
  json.set("classes", classes);
  if (report.refinement) json.set("refinement", refinement_json(report.refinement->figures));
  if (report.refinement && !report.refinement->figures.worth.classes.empty())
    json.set("worth", worth_json(report.refinement->figures.worth));
  if (report.truth.clip_count > 0) {
    Json truth;
    truth.set("clips", report.truth.clip_count);
    truth.set("accuracy", report.truth.accuracy);
    truth.set("balanced_accuracy", report.truth.balanced_accuracy);
    truth.set("any_class_auc", report.truth.any_class_auc);
    truth.set("any_class_clips", report.truth.any_class_count);
    truth.set("rest_clips", report.truth.rest_count);
    json.set("truth", truth);
  }
  return json;
}

}  // namespace pupil::pipeline
