// SPDX-License-Identifier: Apache-2.0
// sketches_ is the reading thread's until ready_ is set, and everyone's to read from then on.

#include "review/alike.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "base/text.h"

namespace pupil::review {
namespace {

constexpr std::size_t kMeanCount = 256;

}  // namespace

std::vector<float> mean_embedding(corpus::Catalogue& catalogue, const corpus::ReviewConfigs& configs,
                                  std::span<const corpus::ReviewCandidate> candidates) {
  std::vector<float> sum;
  std::size_t count = 0;
  const std::size_t step = std::max<std::size_t>(1, candidates.size() / kMeanCount);
  for (std::size_t i = 0; i < candidates.size(); i += step) {
    const std::vector<float> one = review_embedding(catalogue, configs, candidates[i].window_id);
    if (one.empty()) continue;
    if (sum.empty()) sum.resize(one.size());
    if (sum.size() != one.size()) continue;
    for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += one[d];
    ++count;
  }
  for (float& value : sum) value /= static_cast<float>(count);
  return sum;
}

AlikeIndex::AlikeIndex(const std::filesystem::path& project_dir, const corpus::ReviewConfigs& configs,
                       std::span<const corpus::ReviewCandidate> candidates, const SketchMaker& maker) {
  if (maker.mean().empty()) return;
  thread_ = std::thread([this, project_dir, &configs, candidates, &maker] {
    try {
      read(project_dir, configs, candidates, maker);
    } catch (const std::exception& error) {
      log_warning(concat("what sounds alike is not known: ", error.what()));
    }
  });
}

AlikeIndex::~AlikeIndex() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void AlikeIndex::read(const std::filesystem::path& project_dir, const corpus::ReviewConfigs& configs,
                      std::span<const corpus::ReviewCandidate> candidates, const SketchMaker& maker) {
  corpus::Catalogue catalogue = corpus::Catalogue::open_to_look(project_dir);
  sketches_.reserve(candidates.size());
  for (const corpus::ReviewCandidate& one : candidates) {
    if (stopping_) return;
    sketches_.push_back(maker.make(review_embedding(catalogue, configs, one.window_id)));
  }
  ready_ = true;
}

std::vector<std::int32_t> AlikeIndex::nearest(std::int32_t candidate, std::size_t count,
                                              const std::function<bool(std::int32_t)>& fits) const {
  if (!ready_) return {};
  const Sketch& own = sketches_[static_cast<std::size_t>(candidate)];
  std::vector<std::pair<std::int32_t, std::int32_t>> found;  // distance, candidate
  for (std::int32_t i = 0; i < std::ssize(sketches_); ++i) {
    if (i != candidate && fits(i))
      found.emplace_back(sketch_distance(own, sketches_[static_cast<std::size_t>(i)]), i);
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(count, found.size()));
  std::partial_sort(found.begin(), end, found.end());
  std::vector<std::int32_t> nearest;
  for (auto at = found.begin(); at != end; ++at) nearest.push_back(at->second);
  return nearest;
}

}  // namespace pupil::review
