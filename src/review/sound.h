// SPDX-License-Identifier: Apache-2.0
// What a person listens to: a window, what is around it, its clip; as it was recorded, as the separator lifted it out, and what
// that took away. And what the project's student makes of a window.

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "corpus/review_windows.h"
#include "corpus/store.h"
#include "corpus/view_audio.h"
#include "corpus/views.h"
#include "device/model_file.h"
#include "pupil/edge/stream.h"

namespace pupil::review {

/// Samples [begin, end) of a clip's original.
struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// How much of a clip is played: "window"; "context", two seconds more on both sides; "clip", up to a minute around it.
/// Error: another word.
Span find_span(const std::string& name, const corpus::Window& window, const corpus::View& view);

/// A clip's views that can be played.
struct PlayedViews {
  corpus::View original;
  std::vector<corpus::View> separated;  ///< good ones of one rate, by query

  /// Of everything that is played: the separated views', which may be higher than the original's; so that the kinds can be
  /// subtracted, and compared at the same place.
  std::int32_t rate_hz() const {
    return separated.empty() ? original.sample_rate_hz : separated.front().sample_rate_hz;
  }
};
PlayedViews find_views(corpus::Catalogue& catalogue, const corpus::ReviewConfigs& configs,
                       std::int64_t clip_id);

/// Threads: one at a time per object.
class SoundReader {
 public:
  /// `store` outlives it.
  explicit SoundReader(const corpus::Store& store) : audio_(store) {}

  /// `kind`: "original", "separated" or "removed" (original less separated, sample by sample) of views.separated[`which`].
  /// At views.rate_hz(), full scale [-1, 1]. Error: another kind, no such view, audio that is missing or damaged.
  std::vector<float> read(const PlayedViews& views, const std::string& kind, std::size_t which, Span span);

  /// The original at its own rate.
  std::vector<float> read_original(const PlayedViews& views, Span span);

 private:
  std::vector<float> read_resampled(const corpus::View& view, std::int64_t begin, std::int64_t length,
                                    std::int32_t rate_hz);

  corpus::ViewAudio audio_;
};

/// The project's model on single windows. Threads: one at a time per object.
class Student {
 public:
  /// Error: as ModelFile's.
  explicit Student(const std::filesystem::path& file);

  /// Class names and scores of the model's window at the beginning of `samples` (any rate); silence fills it up.
  std::vector<std::pair<std::string, float>> score(const std::vector<float>& samples, std::int32_t rate_hz);
  double window_s() const;

 private:
  std::string name_;
  device::ModelFile file_;
  std::vector<std::byte> state_;
  edge::Streamer stream_;
};

/// The model of a project: the newest DIR/model/*.pupil; null: there is none.
std::unique_ptr<Student> find_student(const std::filesystem::path& project_dir);

}  // namespace pupil::review
