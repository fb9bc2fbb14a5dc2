// SPDX-License-Identifier: Apache-2.0
#include "evaluation/claims.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"

namespace pupil::evaluation {
namespace {

constexpr std::string_view kStudent = "distilled, int8";
constexpr std::int64_t kLargestStudent = 2'000'000;
constexpr double kLeastRetained = 0.9;

const ComparisonRow* find_row(const Comparison& comparison, std::string_view name) {
  const auto found = std::find_if(comparison.rows.begin(), comparison.rows.end(),
                                  [&](const ComparisonRow& row) { return row.name == name; });
  return found == comparison.rows.end() || found->accuracy.empty() ? nullptr : &*found;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string percent(double share) {
  return fixed(100 * share, 1);
}

Claim size_claim(const ComparisonRow* student) {
  Claim claim{"the student is smaller than 2 MB", "", Verdict::not_measured, "No student was trained yet."};
  if (student == nullptr) return claim;
  claim.figures = readable_bytes(student->bytes);
  claim.verdict = student->bytes < kLargestStudent ? Verdict::holds : Verdict::does_not_hold;
  claim.why = "The whole model file, front end and thresholds included.";
  return claim;
}

Claim retained_claim(const ComparisonRow* student) {
  Claim claim{"it keeps more than 90 % of the teacher's accuracy", "", Verdict::not_measured,
              "No student was trained yet."};
  if (student == nullptr) return claim;
  const double retained = mean_of(student->retained);
  if (std::isnan(retained)) {
    claim.why = "Test clips of one class alone judge: there is no such share.";
    return claim;
  }
  claim.figures = percent(retained) + " %";
  claim.verdict = retained > kLeastRetained ? Verdict::holds : Verdict::does_not_hold;
  claim.why = "Accuracy of the int8 student over the teacher's, on the same test clips.";
  return claim;
}

std::string reason(const metrics::Interval& gain) {
  const std::string points = concat(fixed(100 * gain.value, 1), " points (", fixed(100 * gain.low, 1), " to ",
                                    fixed(100 * gain.high, 1), ")");
  if (gain.low > 0) return concat("The difference is ", points, ".");
  if (gain.high < 0) return concat("The student is worse: ", points, ".");
  return concat("So few recordings cannot tell them apart: ", points, ".");
}

Claim better_claim(const Comparison& comparison, const ComparisonRow* student, const ComparisonRow* other,
                   std::string text) {
  Claim claim{std::move(text), "", Verdict::not_measured,
              student == nullptr ? "No student was trained yet." : "The other was not measured yet."};
  if (student == nullptr || other == nullptr) return claim;
  const metrics::Interval gain = accuracy_gain(comparison, *student, *other);
  claim.figures =
      concat(percent(mean_of(student->accuracy)), " against ", percent(mean_of(other->accuracy)), " %");
  claim.verdict = gain.low > 0 ? Verdict::holds : Verdict::does_not_hold;
  claim.why = reason(gain);
  return claim;
}

bool is_general(const ComparisonRow& row) {
  return row.name.ends_with(", names") || row.name.ends_with(", names standardised") ||
         row.name.ends_with(", head");
}

}  // namespace

std::vector<Claim> claims_of(const Comparison& comparison) {
  const ComparisonRow* student = find_row(comparison, kStudent);
  std::vector<Claim> claims = {size_claim(student), retained_claim(student)};
  const auto add = [&](std::string_view row, std::string text) {
    claims.push_back(better_claim(comparison, student, find_row(comparison, row), std::move(text)));
  };
  add("given, int8", "better than the same network trained from scratch without a teacher");
  add("plain, int8", "better than a plain mel-CNN");
  for (const ComparisonRow& row : comparison.rows) {
    if (is_general(row)) add(row.name, concat("better than a larger model compressed (", row.name, ")"));
  }
  add("MFCC + SVM", "better than MFCC + SVM");
  add("MFCC + random forest", "better than MFCC + random forest");
  add("transfer learning", "better than transfer learning");
  return claims;
}

}  // namespace pupil::evaluation
