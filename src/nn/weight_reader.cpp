// SPDX-License-Identifier: Apache-2.0
// Nothing throws before finish(): a weight that does not fit becomes zeros of the wanted shape, so that the
// network goes on reading and all problems end up in one message.
//
// 1. taken_ also has the names that did not fit, else finish() would report them as extra, too. shape() and
//    size() take nothing.
// 2. Values are checked after the conversion: a float64 beyond float32 is infinite only there.
// 3. A stand-in is one zero, expanded: shapes of a broken file cost no memory.

#include "nn/weight_reader.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "nn/finite.h"

namespace pupil::nn {
namespace {

constexpr std::size_t kProblemsShown = 12;

std::string quoted(std::string_view name) {
  return concat("'", name, "'");
}

/// Any shape for the price of one number.
at::Tensor stand_in(at::IntArrayRef shape, c10::ScalarType dtype) {
  return at::zeros({}, dtype).expand(shape);
}

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), kProblemsShown); ++i) {
    text += (i > 0 ? "; " : "") + problems[i];
  }
  if (problems.size() > kProblemsShown)
    text += "; and " + std::to_string(problems.size() - kProblemsShown) + " more";
  return text;
}

}  // namespace

WeightReader::WeightReader(TensorFile file, std::string prefix)
    : file_(std::move(file)), prefix_(std::move(prefix)) {}

const TensorEntry* WeightReader::entry(std::string_view name) const {
  return file_.find(prefix_ + std::string(name));
}

const TensorEntry* WeightReader::entry_or_note(std::string_view name) {
  const TensorEntry* found = entry(name);
  if (found == nullptr) note("missing " + quoted(name));
  return found;
}

bool WeightReader::has(std::string_view name) const {
  return entry(name) != nullptr;
}

std::vector<std::int64_t> WeightReader::shape(std::string_view name) {
  const TensorEntry* found = entry_or_note(name);
  return found == nullptr ? std::vector<std::int64_t>{} : found->shape;
}

std::int64_t WeightReader::size(std::string_view name, std::size_t axis) {
  const TensorEntry* found = entry_or_note(name);
  if (found == nullptr) return 0;
  if (axis >= found->shape.size()) {
    note(quoted(name) + " is " + shape_text(found->shape) + ", which has no axis " + std::to_string(axis));
    return 0;
  }
  return found->shape[axis];
}

at::Tensor WeightReader::take(std::string_view name, at::IntArrayRef shape) {
  return take_as(Kind::kFloat, name, shape);
}

at::Tensor WeightReader::take_integers(std::string_view name, at::IntArrayRef shape) {
  return take_as(Kind::kInteger, name, shape);
}

at::Tensor WeightReader::take_optional(std::string_view name, at::IntArrayRef shape) {
  return has(name) ? take(name, shape) : at::Tensor();
}

at::Tensor WeightReader::take_as(Kind kind, std::string_view name, at::IntArrayRef shape) {
  taken_.emplace(name);
  const c10::ScalarType wanted = kind == Kind::kFloat ? at::kFloat : at::kLong;
  const TensorEntry* found = entry(name);
  if (found == nullptr) {
    note("missing " + quoted(name) + " " + shape_text(shape));
    return stand_in(shape, wanted);
  }
  if (!std::equal(shape.begin(), shape.end(), found->shape.begin(), found->shape.end())) {
    note(quoted(name) + " is " + shape_text(found->shape) + ", wanted " + shape_text(shape));
    return stand_in(shape, wanted);
  }
  const bool fits =
      kind == Kind::kFloat ? c10::isFloatingType(found->dtype) : c10::isIntegralType(found->dtype, false);
  if (!fits) {
    note(quoted(name) + " is of " + c10::toString(found->dtype) + ", wanted " + c10::toString(wanted));
    return stand_in(shape, wanted);
  }
  at::Tensor weight = file_.tensor(found->name).to(wanted);
  if (std::string fault = finite_fault(name, weight); !fault.empty()) note(std::move(fault));
  return weight;
}

void WeightReader::note(std::string problem) {
  if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end())
    problems_.push_back(std::move(problem));
}

void WeightReader::finish(std::span<const std::string_view> allowed_extras) const {
  std::vector<std::string> problems = problems_;
  for (const TensorEntry& stored : file_.entries()) {
    if (!stored.name.starts_with(prefix_)) continue;
    const std::string_view name = std::string_view(stored.name).substr(prefix_.size());
    const bool allowed =
        std::any_of(allowed_extras.begin(), allowed_extras.end(),
                    [&](std::string_view pattern) { return matches_pattern(pattern, name); });
    if (!allowed && taken_.find(name) == taken_.end()) {
      problems.push_back("extra " + quoted(name) + " " + shape_text(stored.shape));
    }
  }
  if (problems.empty()) return;
  const std::string where = prefix_.empty() ? "" : " under '" + prefix_ + "'";
  throw Error(file_.path().string() + ": weights" + where + " do not fit: " + joined(problems));
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
  // Greedy with one point of return: the last star takes one more character whenever the rest does not match.
  std::size_t p = 0, n = 0, star = std::string_view::npos, star_end = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace pupil::nn
