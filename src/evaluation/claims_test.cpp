// SPDX-License-Identifier: Apache-2.0
#include "evaluation/claims.h"

#include <gtest/gtest.h>

namespace pupil::evaluation {
namespace {

ComparisonRow row(const std::string& name, std::vector<double> right, std::int64_t bytes) {
  ComparisonRow made;
  made.name = name;
  made.bytes = bytes;
  double sum = 0;
  for (const double x : right) sum += x;
  made.accuracy = {sum / static_cast<double>(right.size())};
  made.retained = {made.accuracy[0] / 0.8};
  made.right = std::move(right);
  return made;
}

/// 20 clips of 20 recordings.
Comparison comparison() {
  Comparison made;
  made.clip_count = 20;
  for (int i = 0; i < 20; ++i) made.recordings.push_back(i);
  std::vector<double> most(20, 1.0), some(20, 0.0), alike(20, 1.0);
  most[3] = 0;
  some[0] = some[1] = 1;
  alike[4] = 0;
  made.rows = {row("distilled, int8", most, 100'000), row("MFCC + SVM", some, 1),
               row("plain, int8", alike, 1), row("yamnet, head", some, 4'000'000)};
  return made;
}

Claim find(const std::vector<Claim>& claims, const std::string& part) {
  for (const Claim& claim : claims) {
    if (claim.claim.find(part) != std::string::npos) return claim;
  }
  throw std::out_of_range(part);
}

TEST(Claims, HoldWhereTheWholeIntervalIsAbove) {
  const std::vector<Claim> claims = claims_of(comparison());
  EXPECT_EQ(find(claims, "2 MB").verdict, Verdict::holds);
  EXPECT_EQ(find(claims, "2 MB").figures, "100 kB");
  EXPECT_EQ(find(claims, "90 %").verdict, Verdict::holds);
  EXPECT_EQ(find(claims, "SVM").verdict, Verdict::holds);
  EXPECT_EQ(find(claims, "SVM").figures, "95.0 against 10.0 %");
  EXPECT_EQ(find(claims, "yamnet, head").verdict, Verdict::holds);
}

TEST(Claims, WhatRecordingsCannotTellApartDoesNotHold) {
  const Claim claim = find(claims_of(comparison()), "plain mel-CNN");
  EXPECT_EQ(claim.verdict, Verdict::does_not_hold);
  EXPECT_NE(claim.why.find("cannot tell"), std::string::npos) << claim.why;
}

TEST(Claims, AWorseStudentIsSaidToBeWorse) {
  Comparison swapped = comparison();
  std::swap(swapped.rows[0].right, swapped.rows[1].right);
  const Claim claim = find(claims_of(swapped), "SVM");
  EXPECT_EQ(claim.verdict, Verdict::does_not_hold);
  EXPECT_NE(claim.why.find("worse"), std::string::npos) << claim.why;
}

TEST(Claims, WithoutAStudentNothingIsMeasured) {
  Comparison empty = comparison();
  empty.rows.erase(empty.rows.begin());
  for (const Claim& claim : claims_of(empty)) {
    EXPECT_EQ(claim.verdict, Verdict::not_measured) << claim.claim;
    EXPECT_TRUE(claim.figures.empty());
  }
}

}  // namespace
}  // namespace pupil::evaluation
