// SPDX-License-Identifier: Apache-2.0
// Which windows sound alike to the teacher: sketches of all candidates, read on a thread of its own while the first windows
// are being looked at. 16 bytes a candidate.

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "corpus/review_windows.h"
#include "review/order.h"

namespace pupil::review {

/// The mean of up to 256 embeddings from all over the candidates; empty where there are none.
std::vector<float> mean_embedding(corpus::Catalogue& catalogue, const corpus::ReviewConfigs& configs,
                                  std::span<const corpus::ReviewCandidate> candidates);

class AlikeIndex {
 public:
  /// Begins to read. All arguments outlive this object.
  AlikeIndex(const std::filesystem::path& project_dir, const corpus::ReviewConfigs& configs,
             std::span<const corpus::ReviewCandidate> candidates, const SketchMaker& maker);
  /// Stops reading.
  ~AlikeIndex();
  AlikeIndex(const AlikeIndex&) = delete;
  AlikeIndex& operator=(const AlikeIndex&) = delete;

  bool ready() const { return ready_; }

  /// Up to `count` candidates that `fits`, nearest first by their sketches' distance; empty while not ready().
  std::vector<std::int32_t> nearest(std::int32_t candidate, std::size_t count,
                                    const std::function<bool(std::int32_t)>& fits) const;

 private:
  void read(const std::filesystem::path& project_dir, const corpus::ReviewConfigs& configs,
            std::span<const corpus::ReviewCandidate> candidates, const SketchMaker& maker);

  std::vector<Sketch> sketches_;
  std::atomic<bool> ready_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace pupil::review
