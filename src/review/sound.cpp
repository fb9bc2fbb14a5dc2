// SPDX-License-Identifier: Apache-2.0
#include "review/sound.h"

#include <algorithm>
#include <numeric>

#include "audio/resampler.h"
#include "base/check_status.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace pupil::review {
namespace {

constexpr double kContextS = 2;
constexpr double kClipS = 60;

constexpr std::int64_t kResamplerReach = 2048;  // samples, generous: what one of the output hangs on

}  // namespace

Span find_span(const std::string& name, const corpus::Window& window, const corpus::View& view) {
  const std::int64_t begin = window.start_sample, end = window.start_sample + window.length_samples;
  const auto around = [&](double seconds) {
    const auto more = static_cast<std::int64_t>(seconds * view.sample_rate_hz);
    return Span{std::max<std::int64_t>(0, begin - more),
                std::max(end, std::min(view.sample_count, end + more))};
  };
  if (name == "window") return {begin, end};
  if (name == "context") return around(kContextS);
  if (name == "clip") return around(kClipS / 2);
  throw Error(concat("no stretch is called ", name, ": window, context, clip"));
}

PlayedViews find_views(corpus::Catalogue& catalogue, const corpus::ReviewConfigs& configs,
                       std::int64_t clip_id) {
  PlayedViews played;
  for (corpus::View& view : corpus::list_views(catalogue, clip_id)) {
    if (view.kind == corpus::ViewKind::original)
      played.original = view;
    else if (view.config_id == configs.separate && view.state == corpus::ViewState::good &&
             (played.separated.empty() || played.rate_hz() == view.sample_rate_hz))
      played.separated.push_back(std::move(view));
  }
  return played;
}

std::vector<float> SoundReader::read_original(const PlayedViews& views, Span span) {
  return audio_.read(views.original.hash, span.begin, span.end - span.begin);
}

// Samples [begin, begin + length) of the whole view resampled to `rate_hz`, as the separator got it. A stretch that begins where
// input and output samples coincide, and early enough, gives the very same. Not before the view's beginning or past its end:
// the resampler does not begin as if silence had been there.
std::vector<float> SoundReader::read_resampled(const corpus::View& view, std::int64_t begin,
                                               std::int64_t length, std::int32_t rate_hz) {
  if (view.sample_rate_hz == rate_hz) return audio_.read(view.hash, begin, length);
  const std::int64_t from = view.sample_rate_hz, to = rate_hz;
  const std::int64_t early = begin * from / to - kResamplerReach, step = from / std::gcd(from, to);
  const std::int64_t first = std::max<std::int64_t>(0, early / step * step);
  const std::int64_t first_output = first * to / from;
  const std::int64_t needed = std::clamp<std::int64_t>(
      (begin + length - first_output) * from / to + kResamplerReach, 0, view.sample_count - first);
  std::vector<float> samples =
      audio::resample(audio_.read(view.hash, first, needed), view.sample_rate_hz, rate_hz);
  const std::int64_t unwanted = std::min<std::int64_t>(begin - first_output, std::ssize(samples));
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(unwanted));
  samples.resize(static_cast<std::size_t>(length));
  return samples;
}

std::vector<float> SoundReader::read(const PlayedViews& views, const std::string& kind, std::size_t which,
                                     Span span) {
  const std::int64_t from = views.original.sample_rate_hz, to = views.rate_hz();
  const std::int64_t begin = span.begin * to / from, length = (span.end - span.begin) * to / from;
  if (kind == "original") return read_resampled(views.original, begin, length, views.rate_hz());
  if (which >= views.separated.size()) throw Error("this clip has no such separated view");
  std::vector<float> samples = audio_.read(views.separated[which].hash, begin, length);
  if (kind == "separated") return samples;
  if (kind != "removed") throw Error(concat("no view is called ", kind, ": original, separated, removed"));
  const std::vector<float> original = read_resampled(views.original, begin, length, views.rate_hz());
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = original[i] - samples[i];
  return samples;
}

Student::Student(const std::filesystem::path& file) : name_(file.filename().string()), file_(file.string()) {
  state_.resize(edge::Streamer::state_bytes(file_.model(), {}));
  check_status(stream_.init(file_.model(), {}, state_), name_);
}

double Student::window_s() const {
  return static_cast<double>(file_.model().window_samples()) / file_.model().front_end().sample_rate_hz;
}

std::vector<std::pair<std::string, float>> Student::score(const std::vector<float>& samples,
                                                          std::int32_t rate_hz) {
  const edge::Model& model = file_.model();
  std::vector<float> window = audio::resample(samples, rate_hz, model.front_end().sample_rate_hz);
  window.resize(static_cast<std::size_t>(model.window_samples()));
  stream_.reset();
  std::size_t used = 0;
  bool scored = false;
  check_status(stream_.push(window, &used, &scored), name_);
  std::vector<std::pair<std::string, float>> scores;
  for (std::int32_t k = 0; scored && k < model.class_count(); ++k)
    scores.emplace_back(model.label(k), stream_.scores()[static_cast<std::size_t>(k)]);
  return scores;
}

std::unique_ptr<Student> find_student(const std::filesystem::path& project_dir) {
  std::filesystem::path newest;
  std::error_code none;
  for (const std::filesystem::path& file : folder_entries(project_dir / "model", &none)) {
    if (file.extension() != ".pupil" || !std::filesystem::is_regular_file(file)) continue;
    if (newest.empty() || std::filesystem::last_write_time(file) > std::filesystem::last_write_time(newest))
      newest = file;
  }
  return newest.empty() ? nullptr : std::make_unique<Student>(newest);
}

}  // namespace pupil::review
