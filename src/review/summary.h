// SPDX-License-Identifier: Apache-2.0
// What all verdicts say: how many of each class and kind, how often people agree with each other and with themselves.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "corpus/catalogue.h"

namespace pupil::review {

/// A share with its 95 % interval (Wilson's score interval). Of nothing: 0 to 1.
struct Share {
  std::int64_t hits = 0;
  std::int64_t count = 0;
  double value() const { return count > 0 ? static_cast<double>(hits) / static_cast<double>(count) : 0; }
  double low() const;
  double high() const;
};

struct ReviewerSummary {
  std::int64_t verdicts = 0;  ///< repeats aside
  std::int64_t unsure = 0;
  Share repeated;  ///< blind repeats that said the same again
};

struct ClassSummary {
  std::int64_t accepted = 0;  ///< "yes" to this class
  std::int64_t rejected = 0;  ///< "no" to this class
  std::int64_t given = 0;     ///< named instead of another
};

struct Summary {
  std::map<std::string, ReviewerSummary> reviewers;
  std::map<std::string, ClassSummary> classes;
  std::int64_t none = 0;  ///< stretches called none of the classes
  Share agreement;        ///< of stretches that two or more people decided: all of the same mind
};

Summary summarise(corpus::Catalogue& catalogue);
Json summary_json(const Summary& summary);
/// Tables for the terminal.
std::string summary_text(const Summary& summary);

}  // namespace pupil::review
