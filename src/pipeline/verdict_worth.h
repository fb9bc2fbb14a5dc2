// SPDX-License-Identifier: Apache-2.0
// What verdicts have brought, class by class, and what more of them would: from verdicts that were held out
// (teacher/verdict_head.h). Printed by `pupil label`, and kept as DIR/label/verdicts.json for whoever asks people for
// verdicts; docs/teachers.md has the format.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "teacher/verdict_head.h"

namespace pupil::pipeline {

/// A confidence above which labels of a class are right with a wanted precision, and its 95 % interval.
struct AcceptThreshold {
  double value = 0, low = 0, high = 0;
  bool operator==(const AcceptThreshold&) const = default;
};

struct ClassWorth {
  std::string name;
  std::int64_t verdict_count = 0;
  std::int64_t right_unaided = 0;            ///< of the verdicts, held out: without any verdict
  std::int64_t right_fixed = 0;              ///< by fixed items alone
  std::int64_t right = 0;                    ///< with the head's share
  double accuracy_now = 0;                   ///< expected of the next clips like those that were judged
  double accuracy_more = 0;                  ///< with kMoreVerdicts more verdicts of the class
  double gain_error = 0;                     ///< half the 95 % interval of accuracy_more - accuracy_now
  bool enough = false;                       ///< that interval holds no gain above kLeastGain
  std::int64_t called_count = 0;             ///< verdicts on what the labels call this class
  std::optional<AcceptThreshold> threshold;  ///< none: too few of those, or confidence says nothing
  bool operator==(const ClassWorth&) const = default;
};

struct VerdictWorth {
  double head_share = 0;  ///< VerdictValidation::share
  double loss_gain = 0, loss_gain_error = 0;
  std::vector<ClassWorth> classes;  ///< those that have verdicts; empty: too few to hold any out
  bool operator==(const VerdictWorth&) const = default;
};

inline constexpr std::int64_t kMoreVerdicts = 10;
inline constexpr double kLeastGain = 0.01;
inline constexpr double kWantedPrecision = 0.9;

/// `names` [K] of the classes; verdicts on classes behind them (broad groups) count together as "none of these".
VerdictWorth measure_worth(const teacher::VerdictValidation& validation,
                           const std::vector<std::string>& names);

Json worth_json(const VerdictWorth& worth);
/// The inverse. Error: not what worth_json() gives.
VerdictWorth read_worth(const Json& json);

/// A table for people; empty where there are no held-out verdicts.
std::string worth_text(const VerdictWorth& worth);

}  // namespace pupil::pipeline
