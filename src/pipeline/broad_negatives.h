// SPDX-License-Identifier: Apache-2.0
// What teachers score beside a project's own classes, and what becomes of it. Three vectors follow one another:
//
//   scores     [S]  the named classes, then all broad groups (teacher/broad_groups.h)
//   posterior  [W]  the named classes, then the groups that do not step aside
//   soft target [K] the named classes, then "none of these"
//
// Without [label] broad_negatives all three are the named classes.

#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "pipeline/config_chain.h"
#include "pipeline/negative_bank.h"
#include "project/project_file.h"
#include "teacher/broad_groups.h"

namespace pupil::pipeline {

/// The named classes and the broad groups: what a teacher is told, [S].
std::vector<SoundClass> scored_classes(const Project& project);

/// The groups that step aside for one of the named classes, by words, else by the first teacher's scores on the
/// windows of recordings that train or validate and on the bank. The same project gives the same.
std::vector<teacher::GroupAside> find_groups_aside(const Project& project, corpus::Catalogue& catalogue,
                                                   const ConfigChain& chain, const BankScores* bank);

/// Calls `use` with every row [S] of `scores` [N, S] but those of windows that could not be embedded.
template <typename Use>
void for_each_bank_row(std::span<const float> scores, std::size_t row_size, const Use& use) {
  for (std::size_t begin = 0; begin < scores.size(); begin += row_size) {
    if (std::isfinite(scores[begin])) use(scores.subspan(begin, row_size));
  }
}

/// Indices into [S] of what stays, in order: [W] of them.
std::vector<std::size_t> kept_classes(const Project& project, std::span<const teacher::GroupAside> aside);

/// The soft target [K] of a posterior [W]: the strongest group stands for all, and the sum is 1 again. Many groups are
/// then no stronger than few.
std::vector<float> soft_target_of_posterior(const Project& project, std::vector<float> posterior);

/// A window of the bank that holds none of the reported classes: neither do the teachers say so, nor does its clip's hint
/// name a group that steps aside for one.
struct BankWindow {
  std::size_t clip = 0;     ///< of NegativeBank::clips()
  std::int64_t index = 0;   ///< in the clip
  std::vector<float> soft;  ///< [K], nothing of it on a reported class
  std::size_t group = 0;    ///< the strongest of teacher::broad_groups(), of those that do not step aside
};

/// From this share of the reported classes together on, a window of the bank is not a negative.
inline constexpr double kClassShareOfNegative = 0.3;

/// The windows of the bank that are negatives, in the bank's order. Empty without a bank. Error: as read_bank_scores().
std::vector<BankWindow> bank_windows(const Project& project, corpus::Catalogue& catalogue,
                                     const ConfigChain& chain);

/// Audio [L] each, mono at `rate_hz`, of what holds none of the reported classes: the clips of one part of the bank
/// all of whose windows are negatives. `groups`, where given, gets for each of them the broad group that its hint names, else
/// the one that wins most of its windows.
std::vector<std::vector<float>> negative_audio(const Project& project, corpus::Catalogue& catalogue,
                                               const ConfigChain& chain, corpus::Split part,
                                               std::int32_t rate_hz,
                                               std::vector<std::size_t>* groups = nullptr);

/// The inputs of synth/dead_input.h, each of 8 s, mono at `rate_hz`.
std::vector<std::vector<float>> dead_input_audio(std::int32_t rate_hz);

/// For reports: "barking dogs: dog (the word 'dog')", a line per group.
std::string groups_text(const Project& project, std::span<const teacher::GroupAside> aside);

}  // namespace pupil::pipeline
