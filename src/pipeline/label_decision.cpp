// SPDX-License-Identifier: Apache-2.0
// From stored scores to labels: each teacher's scores are brought to one scale, cut down to the classes that are kept, averaged
// (the named posterior), refined, and decided.
//
// 1. What a decision hangs on is in the label configuration's text, the corpus included where scores are standardised or
//    refined: another text is another configuration, and all windows are decided anew.
// 2. A standardiser has seen the scored windows of kLearnedSplits and of the bank, never those of test recordings.
// 3. Labels are written in batches, each in a transaction; the cap of accepted windows belongs to the last of them.

#include "pipeline/label_decision.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/progress.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/example_teacher.h"
#include "pipeline/label_refinement.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {
namespace {

constexpr std::int64_t kBatch = 5000;

// Of one broad group, beside a named class: who names a class has recordings of it.
constexpr float kGroupPrior = 0.25F;

std::vector<std::size_t> shown_classes(const Project& project, std::string_view kind) {
  const std::vector<SoundClass> scored = scored_classes(project);
  std::vector<std::size_t> shown;
  for (std::size_t k = 0; k < scored.size(); ++k) {
    if (is_shown(kind, scored[k])) shown.push_back(k);
  }
  return shown;
}

bool hangs_on_the_corpus(const Project& project, const ConfigChain& chain) {
  return project.label.max_per_class > 0 || project.label.refine != "off" ||
         std::any_of(chain.teachers.begin(), chain.teachers.end(), [&](const TeacherLinks& teacher) {
           return teacher::is_standardised(teacher.model.kind) ||
                  !shown_classes(project, teacher.model.kind).empty();
         });
}

std::vector<float> chosen(std::span<const float> values, std::span<const std::size_t> indices) {
  std::vector<float> some;
  for (const std::size_t index : indices) some.push_back(values[index]);
  return some;
}

// Similarities to examples have a scale of their own: each is brought to the mean and the deviation that the classes with
// words have on average.
void rescale_shown(const EnsembleMember& member, std::span<float> scores) {
  const std::vector<double> deviations = member.standardiser->deviations();
  const std::vector<float> standardised = member.standardiser->standardised(scores);
  double mean = 0, deviation = 0, count = 0;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    if (std::ranges::find(member.shown, k) != member.shown.end()) continue;
    mean += member.standardiser->means()[k];
    deviation += deviations[k];
    ++count;
  }
  if (count == 0) return;
  for (const std::size_t k : member.shown)
    scores[k] = static_cast<float>((mean + deviation * standardised[k]) / count);
}

// Each group at its prior, and the sum 1 again.
void weigh_groups(std::size_t named_count, std::span<float> posterior) {
  for (float& share : posterior.subspan(named_count)) share *= kGroupPrior;
  const float sum = std::accumulate(posterior.begin(), posterior.end(), 0.0F);
  for (float& share : posterior) share /= sum;
}

// All windows, for the caps, and those that labels are standardised and refined by.
Json corpus_config(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain) {
  corpus::WindowFilter filter = chain.active(project.label);
  Json hashes = Json(Json::Array());
  hashes.push_back(corpus::hash_windows(catalogue, filter));
  for (const corpus::Split split : kLearnedSplits) {
    filter.split = split;
    hashes.push_back(corpus::hash_windows(catalogue, filter));
  }
  return hashes;
}

}  // namespace

EnsembleMember member_of(const Project& project, const TeacherSpec& spec, std::string_view kind,
                         std::vector<std::size_t> kept, std::vector<float> bank_scores) {
  EnsembleMember member;
  member.weight = spec.weight;
  member.temperature = spec.temperature;
  member.standardises_all = teacher::is_standardised(kind);
  member.shown = shown_classes(project, kind);
  member.kept = std::move(kept);
  member.named_count = project.named_classes().size();
  member.bank_scores = std::move(bank_scores);
  if (!member.standardises_all && member.shown.empty()) return member;
  const std::size_t scored_count = scored_classes(project).size();
  member.standardiser.emplace(scored_count);
  for_each_bank_row(member.bank_scores, scored_count,
                    [&](std::span<const float> scores) { member.standardiser->add(scores); });
  return member;
}

std::vector<EnsembleMember> find_members(const Project& project, corpus::Catalogue& catalogue,
                                         const ConfigChain& chain) {
  std::vector<EnsembleMember> members;
  const std::optional<BankScores> bank = read_bank_scores(project, chain);
  const std::vector<std::size_t> kept =
      kept_classes(project, find_groups_aside(project, catalogue, chain, bank ? &*bank : nullptr));
  for (std::size_t i = 0; i < chain.teachers.size(); ++i) {
    const TeacherLinks& links = chain.teachers[i];
    EnsembleMember member =
        member_of(project, links.spec, links.model.kind, kept, bank ? bank->scores[i] : std::vector<float>());
    member.score = links.score;
    if (member.standardiser) {
      for (const corpus::Split split : kLearnedSplits) {
        corpus::WindowFilter learned = chain.active(project.label);
        learned.split = split;
        corpus::for_each_scores(catalogue, learned, links.score.id,
                                [&](std::span<const float> scores) { member.standardiser->add(scores); });
      }
    }
    members.push_back(std::move(member));
  }
  return members;
}

std::vector<float> named_posterior_of(corpus::Catalogue& catalogue, std::span<const EnsembleMember> members,
                                      std::int64_t window_id) {
  std::vector<std::vector<float>> logits;
  for (const EnsembleMember& member : members)
    logits.push_back(corpus::get_scores(catalogue, member.score.id, window_id));
  return average_members(members, std::move(logits));
}

std::string label_config_text(const Project& project, corpus::Catalogue& catalogue,
                              const ConfigChain& chain) {
  Json config;
  Json list = Json(Json::Array());
  for (const TeacherLinks& teacher : chain.teachers) {
    Json entry;
    entry.set("score", teacher.score.hash);
    entry.set("weight", teacher.spec.weight);
    entry.set("temperature", teacher.spec.temperature);
    list.push_back(entry);
  }
  config.set("teachers", list);
  config.set("label", section_json(project.label));
  config.set("windows", chain.windows.hash);
  config.set("original", chain.filter.original);
  config.set("separated", chain.separate ? chain.separate->hash : "");
  config.set("judge", chain.judge ? chain.judge->hash : "");
  config.set("classes", class_names(project));
  const bool named = hangs_on_the_corpus(project, chain) && chain.windows.id != 0;
  config.set("corpus", named ? corpus_config(project, catalogue, chain) : Json());
  config.set("refinement", refinement_config(project, catalogue));
  if (const std::optional<NegativeBank> bank = project_bank(project)) config.set("bank", bank->hash());
  if (project.label.broad_negatives) {
    config.set("same_sound", teacher::kSameSound);
    config.set("group_prior", double{kGroupPrior});
  }
  return config.dump();
}

std::vector<float> average_members(std::span<const EnsembleMember> members,
                                   std::vector<std::vector<float>> logits) {
  std::vector<teacher::TeacherScores> teachers;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (logits[i].empty()) continue;
    double temperature = members[i].temperature;
    if (!members[i].standardises_all && !members[i].shown.empty()) rescale_shown(members[i], logits[i]);
    if (members[i].standardises_all) {
      logits[i] = members[i].standardiser->standardised(logits[i]);
      temperature *= teacher::kStandardisedTemperature;
    }
    logits[i] = chosen(logits[i], members[i].kept);
    teachers.push_back({logits[i], members[i].weight, temperature});
  }
  if (teachers.empty()) return {};
  std::vector<float> posterior = teacher::ensemble_target(teachers);
  if (posterior.size() > members.front().named_count) weigh_groups(members.front().named_count, posterior);
  return posterior;
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

void decide_labels(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain,
                   std::span<const EnsembleMember> members) {
  const corpus::StageConfig config = corpus::configure(catalogue, "label", chain.label.text);
  corpus::forget_other_configs(catalogue, "label", config.id);
  const corpus::WindowFilter& filter = chain.filter;

  const std::vector<SoundClass> classes = project.all_classes();
  const std::int64_t total = corpus::count_pending_labels(catalogue, filter, config.id);
  if (total == 0 && (project.label.refine == "off" || read_refinement(project, chain))) return;
  const std::optional<LabelRefinement> refinement =
      LabelRefinement::learn(project, catalogue, chain, members);
  if (refinement) refinement->write(project, config.hash);
  Progress progress("decided", total, "windows");
  std::int64_t after = 0;
  std::int64_t decided = 0;
  while (true) {
    const std::vector<corpus::Window> windows =
        corpus::pending_labels(catalogue, filter, config.id, after, kBatch);
    if (windows.empty()) break;
    after = windows.back().id;
    corpus::Transaction transaction(catalogue);
    for (const corpus::Window& window : windows) {
      corpus::WindowLabel label;
      label.verdict = corpus::Verdict::background;
      if (window.activity_db >= project.label.activity_db) {
        std::vector<float> soft = named_posterior_of(catalogue, members, window.id);
        if (soft.empty()) {
          corpus::put_window_skip(catalogue, config.id, window.id, "no scores", "no teacher could embed it");
          continue;
        }
        if (refinement) soft = refinement->posterior(catalogue, window, std::move(soft));
        label = decide(project.label, classes, soft_target_of_posterior(project, std::move(soft)));
      }
      label.window_id = window.id;
      corpus::put_label(catalogue, config.id, label);
    }
    decided += static_cast<std::int64_t>(windows.size());
    // With the last labels or not at all: a kill between the two would leave them uncapped for good.
    if (decided == total && project.label.max_per_class > 0) {
      corpus::cap_accepted(catalogue, config.id, project.label.max_per_class);
    }
    transaction.commit();
    progress.advance(static_cast<std::int64_t>(windows.size()));
  }
}

}  // namespace pupil::pipeline
