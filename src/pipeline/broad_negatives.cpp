// SPDX-License-Identifier: Apache-2.0
#include "pipeline/broad_negatives.h"

#include <algorithm>
#include <numeric>

#include "audio/resampler.h"
#include "base/text.h"
#include "corpus/scores.h"
#include "pipeline/label_decision.h"
#include "synth/dead_input.h"

namespace pupil::pipeline {
std::vector<SoundClass> scored_classes(const Project& project) {
  const std::vector<SoundClass> named = project.named_classes();
  std::vector<SoundClass> scored = named;
  if (!project.label.broad_negatives) return scored;
  for (const teacher::BroadGroup& group : teacher::broad_groups())
    scored.push_back(teacher::without_names_of(group, named));
  return scored;
}

std::vector<teacher::GroupAside> find_groups_aside(const Project& project, corpus::Catalogue& catalogue,
                                                   const ConfigChain& chain, const BankScores* bank) {
  if (!project.label.broad_negatives) return {};
  const std::vector<SoundClass> named = project.named_classes();
  const std::size_t group_count = teacher::broad_groups().size();
  teacher::ScoreCorrelation correlation(named.size(), group_count);
  const auto count = [&](std::span<const float> scores) { correlation.add(scores); };
  for (const corpus::Split split : kLearnedSplits) {
    corpus::WindowFilter learned = chain.active(project.label);
    learned.split = split;
    corpus::for_each_scores(catalogue, learned, chain.teachers.front().score.id, count);
  }
  if (bank != nullptr) for_each_bank_row(bank->scores.front(), named.size() + group_count, count);
  return teacher::groups_aside(named, project.classes.size(), correlation);
}

std::vector<std::size_t> kept_classes(const Project& project, std::span<const teacher::GroupAside> aside) {
  const std::size_t named_count = project.named_classes().size();
  std::vector<std::size_t> kept(named_count);
  std::iota(kept.begin(), kept.end(), 0U);
  if (!project.label.broad_negatives) return kept;
  for (std::size_t g = 0; g < teacher::broad_groups().size(); ++g) {
    const bool steps_aside =
        std::ranges::any_of(aside, [&](const teacher::GroupAside& one) { return one.group == g; });
    if (!steps_aside) kept.push_back(named_count + g);
  }
  return kept;
}

std::vector<float> soft_target_of_posterior(const Project& project, std::vector<float> posterior) {
  if (!project.label.broad_negatives || posterior.empty()) return posterior;
  const auto groups = posterior.begin() + static_cast<std::ptrdiff_t>(project.named_classes().size());
  const float strongest = groups == posterior.end() ? 0.0F : *std::max_element(groups, posterior.end());
  posterior.erase(groups, posterior.end());
  posterior.push_back(strongest);
  const float sum = std::accumulate(posterior.begin(), posterior.end(), 0.0F);
  for (float& share : posterior) share /= sum;
  return posterior;
}

namespace {

// Of clips whose hint names a group that steps aside for a reported class.
std::vector<bool> named_as_a_class(const Project& project, const NegativeBank& bank,
                                   std::span<const teacher::GroupAside> aside) {
  std::vector<bool> named;
  for (const BankClip& clip : bank.clips()) {
    named.push_back(std::ranges::any_of(aside, [&](const teacher::GroupAside& one) {
      return one.class_index < project.classes.size() &&
             !teacher::word_of_group(clip.hint, teacher::broad_groups()[one.group]).empty();
    }));
  }
  return named;
}

// Takes the reported classes out; empty where they have too large a share.
std::vector<float> negative_target(const Project& project, std::vector<float> soft) {
  if (soft.empty()) return soft;
  const auto others = soft.begin() + std::ssize(project.classes);
  const float reported = std::accumulate(soft.begin(), others, 0.0F);
  if (!(reported < kClassShareOfNegative)) return {};
  std::fill(soft.begin(), others, 0.0F);
  for (float& share : soft) share /= 1 - reported;
  return soft;
}

// Index into teacher::broad_groups(); 0 where there is no posterior or no group in it.
std::size_t strongest_group(const EnsembleMember& member, const std::vector<float>& posterior) {
  if (posterior.size() <= member.named_count) return 0;
  const auto groups = posterior.begin() + static_cast<std::ptrdiff_t>(member.named_count);
  const auto strongest = std::max_element(groups, posterior.end()) - posterior.begin();
  return member.kept[static_cast<std::size_t>(strongest)] - member.named_count;
}

// The group that a hint names, else the one that wins most windows.
std::size_t group_of(const BankClip& clip, const std::vector<std::int64_t>& window_counts) {
  for (std::size_t g = 0; g < teacher::broad_groups().size(); ++g)
    if (!teacher::word_of_group(clip.hint, teacher::broad_groups()[g]).empty()) return g;
  return static_cast<std::size_t>(std::max_element(window_counts.begin(), window_counts.end()) -
                                  window_counts.begin());
}

}  // namespace

std::vector<BankWindow> bank_windows(const Project& project, corpus::Catalogue& catalogue,
                                     const ConfigChain& chain) {
  std::vector<BankWindow> windows;
  const std::optional<NegativeBank> bank = project_bank(project);
  const std::optional<BankScores> scores = read_bank_scores(project, chain);
  if (!bank || !scores) return windows;
  const std::vector<EnsembleMember> members = find_members(project, catalogue, chain);
  const std::vector<bool> named =
      named_as_a_class(project, *bank, find_groups_aside(project, catalogue, chain, &*scores));
  const std::size_t size = scored_classes(project).size();
  std::size_t row = 0;
  for (std::size_t clip = 0; clip < bank->clips().size(); ++clip) {
    for (std::int64_t i = 0; i < scores->window_counts[clip]; ++i, ++row) {
      std::vector<std::vector<float>> logits;
      for (const std::vector<float>& teacher : scores->scores) {
        const auto begin = teacher.begin() + static_cast<std::ptrdiff_t>(row * size);
        logits.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
        if (!std::isfinite(logits.back().front())) logits.back().clear();
      }
      std::vector<float> posterior = average_members(members, std::move(logits));
      const std::size_t group = strongest_group(members.front(), posterior);
      std::vector<float> soft =
          negative_target(project, soft_target_of_posterior(project, std::move(posterior)));
      if (!named[clip] && !soft.empty()) windows.push_back({clip, i, std::move(soft), group});
    }
  }
  return windows;
}

std::vector<std::vector<float>> negative_audio(const Project& project, corpus::Catalogue& catalogue,
                                               const ConfigChain& chain, corpus::Split part,
                                               std::int32_t rate_hz, std::vector<std::size_t>* groups) {
  std::vector<std::vector<float>> audio;
  const std::optional<NegativeBank> bank = project_bank(project);
  if (!bank) return audio;
  const BankScores scores = *read_bank_scores(project, chain);
  std::vector<std::int64_t> negative_counts(bank->clips().size());
  std::vector<std::vector<std::int64_t>> group_counts(
      bank->clips().size(), std::vector<std::int64_t>(teacher::broad_groups().size()));
  for (const BankWindow& window : bank_windows(project, catalogue, chain)) {
    ++negative_counts[window.clip];
    ++group_counts[window.clip][window.group];
  }
  for (std::size_t clip = 0; clip < bank->clips().size(); ++clip) {
    if (bank->clips()[clip].part != part || negative_counts[clip] != scores.window_counts[clip]) continue;
    audio.push_back(bank_audio(bank->clips()[clip], rate_hz));
    if (groups != nullptr) groups->push_back(group_of(bank->clips()[clip], group_counts[clip]));
  }
  return audio;
}

std::vector<std::vector<float>> dead_input_audio(std::int32_t rate_hz) {
  constexpr double kSeconds = 8;
  std::vector<std::vector<float>> all;
  for (std::size_t i = 0; i < synth::dead_input_names().size(); ++i)
    all.push_back(audio::resample(synth::make_dead_input(i, kSeconds), synth::kRateHz, rate_hz));
  return all;
}

std::string groups_text(const Project& project, std::span<const teacher::GroupAside> aside) {
  const std::vector<SoundClass> named = project.named_classes();
  std::string text =
      concat(teacher::broad_groups().size() - aside.size(), " of ", teacher::broad_groups().size(),
             " groups of everyday sounds stand for \"", kNoneOfThese, "\"");
  if (!aside.empty()) text += concat("; ", aside.size(), " mean the same as a class and step aside:");
  text += "\n";
  for (const teacher::GroupAside& one : aside)
    text += concat("  ", teacher::broad_groups()[one.group].sound.name, ": ", named[one.class_index].name,
                   " (", one.reason, ")\n");
  return text;
}

}  // namespace pupil::pipeline
