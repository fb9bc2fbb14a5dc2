// SPDX-License-Identifier: Apache-2.0
// Few verdicts say little about one class, so classes lean on each other: the learning curve error(n) = b * (1 + n)^-c has
// one c for all, fitted on what is right without verdicts, with half of them and with most; only its level is the class's,
// drawn to that of all. Thresholds likewise: one slope for all, a shift for each class with a standard normal prior.
#include "pipeline/verdict_worth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/table_text.h"
#include "base/text.h"
#include "project/project_file.h"

namespace pupil::pipeline {
namespace {

constexpr double kNormal95 = 1.96;
// Validation teaches with four fifths of the verdicts, and with two.
constexpr double kMostTaught = 0.8, kHalfTaught = 0.4;
// What the level of all classes counts for in one class's, in verdicts.
constexpr double kSharedVerdicts = 2;
constexpr std::int64_t kLeastCalled = 3;

struct Curve {
  double exponent = 0, exponent_error = 0;
  double error_most = 0;  // of all classes, taught with most verdicts
};

double wrong(std::int64_t count, std::int64_t right) {
  return static_cast<double>(count - right) + 0.5;
}

// A straight line through the logarithms, each point weighing its number of errors.
Curve fit_curve(const teacher::VerdictValidation& validation) {
  teacher::ClassValidation all;
  double classes = 0;
  for (const teacher::ClassValidation& one : validation.classes) {
    classes += one.verdict_count > 0 ? 1 : 0;
    all.verdict_count += one.verdict_count;
    all.unaided_count += one.unaided_count;
    all.half_count += one.half_count;
    all.right_count += one.right_count;
  }
  const double count = static_cast<double>(all.verdict_count), per_class = count / classes;
  const std::array x = {0.0, std::log1p(kHalfTaught * per_class), std::log1p(kMostTaught * per_class)};
  const std::array weight = {wrong(all.verdict_count, all.unaided_count),
                             wrong(all.verdict_count, all.half_count),
                             wrong(all.verdict_count, all.right_count)};
  double total = 0, mean_x = 0, mean_y = 0, squares = 0, products = 0;
  for (std::size_t i = 0; i < x.size(); ++i) total += weight[i];
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += weight[i] * x[i] / total;
    mean_y += weight[i] * std::log(weight[i] / (count + 1)) / total;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += weight[i] * (x[i] - mean_x) * (x[i] - mean_x);
    products += weight[i] * (x[i] - mean_x) * (std::log(weight[i] / (count + 1)) - mean_y);
  }
  return {std::max(0.0, -products / squares), 1 / std::sqrt(squares), weight[2] / (count + 1)};
}

void expect(const Curve& curve, ClassWorth* worth) {
  const auto count = static_cast<double>(worth->verdict_count);
  const double level = (count - static_cast<double>(worth->right) + kSharedVerdicts * curve.error_most) /
                       (count + kSharedVerdicts);
  const double to_now = std::log((1 + count) / (1 + kMostTaught * count));
  const double to_more = std::log((1 + count + kMoreVerdicts) / (1 + kMostTaught * count));
  const double now = std::exp(-curve.exponent * to_now), more = std::exp(-curve.exponent * to_more);
  const double by_level = (now - more) * std::sqrt(level * (1 - level) / (count + kSharedVerdicts + 1));
  const double by_exponent = level * (to_more * more - to_now * now) * curve.exponent_error;
  worth->accuracy_now = 1 - level * now;
  worth->accuracy_more = 1 - level * more;
  worth->gain_error = kNormal95 * std::hypot(by_level, by_exponent);
  worth->enough = worth->accuracy_more - worth->accuracy_now + worth->gain_error < kLeastGain;
}

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

double logit(double p) {
  const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
  return std::log(inside / (1 - inside));
}

struct RightByConfidence {
  double intercept = 0, slope = 1;
};

// Newton's method for right = logistic(intercept + slope * logit(confidence)), with a weak prior on (0, 1).
RightByConfidence fit_all(const std::vector<teacher::HeldOutVerdict>& held_out) {
  constexpr double kPrior = 0.1;
  constexpr int kSteps = 25;
  RightByConfidence fit;
  for (int step = 0; step < kSteps; ++step) {
    double g0 = -kPrior * fit.intercept, g1 = -kPrior * (fit.slope - 1);
    double h00 = kPrior, h01 = 0, h11 = kPrior;
    for (const teacher::HeldOutVerdict& one : held_out) {
      const double x = logit(one.confidence), p = logistic(fit.intercept + fit.slope * x);
      const double error = (one.right ? 1.0 : 0.0) - p, curvature = p * (1 - p);
      g0 += error, g1 += error * x;
      h00 += curvature, h01 += curvature * x, h11 += curvature * x * x;
    }
    const double determinant = h00 * h11 - h01 * h01;
    fit.intercept += std::clamp((h11 * g0 - h01 * g1) / determinant, -2.0, 2.0);
    fit.slope += std::clamp((h00 * g1 - h01 * g0) / determinant, -2.0, 2.0);
  }
  return fit;
}

// The class's own shift and its standard deviation.
std::pair<double, double> fit_shift(const RightByConfidence& all,
                                    const std::vector<const teacher::HeldOutVerdict*>& of_class) {
  double shift = 0, curvature = 1;
  for (int step = 0; step < 25; ++step) {
    double gradient = -shift;
    curvature = 1;
    for (const teacher::HeldOutVerdict* one : of_class) {
      const double p = logistic(all.intercept + shift + all.slope * logit(one->confidence));
      gradient += (one->right ? 1.0 : 0.0) - p;
      curvature += p * (1 - p);
    }
    shift += gradient / curvature;
  }
  return {shift, 1 / std::sqrt(curvature)};
}

std::optional<AcceptThreshold> find_threshold(const RightByConfidence& all,
                                              const std::vector<const teacher::HeldOutVerdict*>& of_class) {
  constexpr double kLeastSlope = 0.1;
  if (std::ssize(of_class) < kLeastCalled || all.slope < kLeastSlope) return std::nullopt;
  const auto [shift, deviation] = fit_shift(all, of_class);
  const auto at = [&](double s) {
    return logistic((logit(kWantedPrecision) - all.intercept - s) / all.slope);
  };
  return AcceptThreshold{at(shift), at(shift + kNormal95 * deviation), at(shift - kNormal95 * deviation)};
}

std::string share(std::int64_t right, std::int64_t count) {
  return fixed(100.0 * static_cast<double>(right) / static_cast<double>(count), 0);
}

std::string curve_text(const ClassWorth& one) {
  if (one.enough) return "  enough";
  return concat("  ", kMoreVerdicts, " more: from ", fixed(100 * one.accuracy_now, 0), " to ",
                fixed(100 * one.accuracy_more, 0), " +- ", fixed(100 * one.gain_error, 0), " %");
}

}  // namespace

VerdictWorth measure_worth(const teacher::VerdictValidation& validation,
                           const std::vector<std::string>& names) {
  VerdictWorth worth{validation.share, validation.loss_gain, validation.loss_gain_error, {}};
  if (validation.classes.empty()) return worth;
  const auto row_of = [&](std::size_t k) { return std::min(k, names.size()); };
  std::vector<ClassWorth> rows(names.size() + 1);
  std::vector<std::vector<const teacher::HeldOutVerdict*>> called(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k].name = k < names.size() ? names[k] : kNoneOfThese;
  for (std::size_t k = 0; k < validation.classes.size(); ++k) {
    const teacher::ClassValidation& counts = validation.classes[k];
    ClassWorth& row = rows[row_of(k)];
    row.verdict_count += counts.verdict_count;
    row.right_unaided += counts.unaided_count;
    row.right_fixed += counts.fixed_count;
    row.right += counts.right_count;
  }
  for (const teacher::HeldOutVerdict& one : validation.held_out)
    called[row_of(static_cast<std::size_t>(one.class_index))].push_back(&one);
  const Curve curve = fit_curve(validation);
  const RightByConfidence by_confidence = fit_all(validation.held_out);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k].verdict_count == 0) continue;
    expect(curve, &rows[k]);
    rows[k].called_count = std::ssize(called[k]);
    rows[k].threshold = find_threshold(by_confidence, called[k]);
    worth.classes.push_back(std::move(rows[k]));
  }
  return worth;
}

Json worth_json(const VerdictWorth& worth) {
  Json json;
  json.set("head_share", worth.head_share);
  json.set("loss_gain", worth.loss_gain);
  json.set("loss_gain_error", worth.loss_gain_error);
  Json classes = Json(Json::Array());
  for (const ClassWorth& one : worth.classes) {
    Json row;
    row.set("name", one.name);
    row.set("verdicts", one.verdict_count);
    row.set("right_unaided", one.right_unaided);
    row.set("right_fixed", one.right_fixed);
    row.set("right", one.right);
    row.set("accuracy_now", one.accuracy_now);
    row.set("accuracy_more", one.accuracy_more);
    row.set("more_verdicts", kMoreVerdicts);
    row.set("gain_error", one.gain_error);
    row.set("enough", one.enough);
    row.set("called", one.called_count);
    if (one.threshold) {
      row.set("threshold", one.threshold->value);
      row.set("threshold_low", one.threshold->low);
      row.set("threshold_high", one.threshold->high);
    }
    classes.push_back(row);
  }
  json.set("classes", classes);
  return json;
}

VerdictWorth read_worth(const Json& json) {
  VerdictWorth worth{json.at("head_share").as_double(),
                     json.at("loss_gain").as_double(),
                     json.at("loss_gain_error").as_double(),
                     {}};
  for (const Json& row : json.at("classes").as_array()) {
    ClassWorth& one = worth.classes.emplace_back();
    one.name = row.at("name").as_string();
    one.verdict_count = row.at("verdicts").as_int();
    one.right_unaided = row.at("right_unaided").as_int();
    one.right_fixed = row.at("right_fixed").as_int();
    one.right = row.at("right").as_int();
    one.accuracy_now = row.at("accuracy_now").as_double();
    one.accuracy_more = row.at("accuracy_more").as_double();
    one.gain_error = row.at("gain_error").as_double();
    one.enough = row.at("enough").as_bool();
    one.called_count = row.at("called").as_int();
    if (row.find("threshold") != nullptr)
      one.threshold = {row.at("threshold").as_double(), row.at("threshold_low").as_double(),
                       row.at("threshold_high").as_double()};
  }
  return worth;
}

std::string worth_text(const VerdictWorth& worth) {
  if (worth.classes.empty()) return "";
  std::string text = concat(
      "\nverdicts, held out in turn: ",
      worth.head_share > 0
          ? concat("a head taught by them has a share of ", fixed(worth.head_share, 2), " in the labels")
          : std::string("they fix their own clips; a head taught by them brings nothing"),
      worth.head_share > 0 ? concat(" (loss ", fixed(worth.loss_gain, 3), " +- ",
                                    fixed(kNormal95 * worth.loss_gain_error, 3), " less)")
                           : std::string(),
      "\n", left_aligned("class", 20), right_aligned("verdicts", 9), right_aligned("unaided %", 11),
      right_aligned("fixed %", 9), right_aligned("now %", 7), "  accept for ",
      fixed(100 * kWantedPrecision, 0), " % precision\n");
  for (const ClassWorth& one : worth.classes) {
    text += concat(left_aligned(one.name, 20), right_aligned(concat(one.verdict_count), 9),
                   right_aligned(share(one.right_unaided, one.verdict_count), 11),
                   right_aligned(share(one.right_fixed, one.verdict_count), 9),
                   right_aligned(share(one.right, one.verdict_count), 7));
    text += one.threshold ? concat("  ", fixed(one.threshold->value, 2), " (", fixed(one.threshold->low, 2),
                                   " to ", fixed(one.threshold->high, 2), "; of ", one.called_count, ")")
                          : std::string("  -");
    text += concat(curve_text(one), "\n");
  }
  return text;
}

}  // namespace pupil::pipeline
