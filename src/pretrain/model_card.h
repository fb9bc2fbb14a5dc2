// SPDX-License-Identifier: Apache-2.0
// README.md of a model that pretraining made: what it is, what it learned from, how it was made.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pupil::pretrain {

struct ModelCard {
  std::string name;
  std::string summary;  ///< one sentence
  /// Sizes, as lines of a list.
  std::vector<std::string> sizes;
  /// Recordings learned from, by licence, and refused, by reason.
  std::map<std::string, std::int64_t> licences, refused;
  std::string synthetic;  ///< the synthetic part, one sentence; empty: none
  std::string tagger;     ///< empty: none
  std::string command;
  std::uint64_t seed = 0;
  std::vector<std::string> limits;
};

std::string card_text(const ModelCard& card);

}  // namespace pupil::pretrain
