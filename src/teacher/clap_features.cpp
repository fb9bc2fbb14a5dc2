// SPDX-License-Identifier: Apache-2.0
#include "teacher/clap_features.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

using Samples = std::vector<float>;

// [T, F] of the whole of `samples`.
at::Tensor log_mel_frames(std::span<const float> samples, const edge::LogMelOptions& options) {
  std::vector<std::byte> state(edge::LogMel::state_bytes(options));
  edge::LogMel log_mel;
  if (log_mel.init(options, state) != edge::Status::ok)
    throw Error("feature extractor: options out of range");
  const std::int64_t frame_count = edge::frame_count(options, static_cast<std::int64_t>(samples.size()));
  at::Tensor frames = at::empty({frame_count, options.mel_count}, at::kFloat);
  std::span<float> rest(frames.data_ptr<float>(), static_cast<std::size_t>(frames.numel()));
  std::int32_t pushed = 0, finished = 0;
  const bool done = log_mel.push(samples, rest, &pushed) == edge::Status::ok &&
                    log_mel.finish(rest.subspan(static_cast<std::size_t>(pushed) * options.mel_count),
                                   &finished) == edge::Status::ok;
  if (!done || pushed + finished != frame_count) throw Error("feature extractor: clip too long");
  return frames;
}

// As LAION stores audio on its way: clipped, 16 bits, towards zero.
void quantise(Samples& samples) {
  for (float& sample : samples) {
    sample = std::trunc(std::clamp(sample, -1.0F, 1.0F) * 32767.0F) / 32767.0F;
  }
}

void lengthen(Samples& samples, std::int64_t length, ClapPadding padding) {
  const std::size_t given = samples.size(), wanted = static_cast<std::size_t>(length);
  if (given >= wanted) return;
  std::size_t filled = given;
  if (padding == ClapPadding::repeat) filled = wanted;
  if (padding == ClapPadding::repeat_pad) filled = wanted / given * given;
  samples.resize(wanted, 0.0F);
  for (std::size_t i = given; i < filled; ++i) samples[i] = samples[i - given];
}

// The three stretches of time that chunks may start in are equal parts of all possible starts.
std::array<std::int64_t, 3> default_chunk_starts(std::int64_t start_count) {
  const std::int64_t front_count = start_count / 3 + (start_count % 3 > 0 ? 1 : 0);
  const std::int64_t middle_count = start_count / 3 + (start_count % 3 > 1 ? 1 : 0);
  const std::int64_t middle = middle_count > 0 ? front_count + middle_count / 2 : 0;
  return {0, middle, start_count - 1};
}

// Whole clip first, then front, middle and back.
at::Tensor fused_channels(const at::Tensor& frames, const ClapFeatureOptions& options) {
  const std::int64_t chunk = options.frame_count(), mels = frames.size(1);
  const std::int64_t start_count = frames.size(0) - chunk + 1;
  const auto starts = options.choices.chunk_start_frames.value_or(default_chunk_starts(start_count));
  std::vector<at::Tensor> channels = {at::upsample_bilinear2d(frames.unsqueeze(0).unsqueeze(0), {chunk, mels},
                                                              /*align_corners=*/false)[0][0]};
  for (const std::int64_t start : starts) {
    if (start < 0 || start >= start_count) throw Error(concat("a chunk cannot start at frame ", start));
    channels.push_back(frames.slice(0, start, start + chunk));
  }
  return at::stack(channels);
}

Samples cropped(std::span<const float> samples, const ClapFeatureOptions& options) {
  const std::int64_t offset = options.choices.crop_offset_samples.value_or(0);
  if (offset < 0 || offset > static_cast<std::int64_t>(samples.size()) - options.max_samples) {
    throw Error(concat("a crop cannot start at sample ", offset));
  }
  const auto from =
      samples.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(options.max_samples));
  return {from.begin(), from.end()};
}

}  // namespace

ClapFeatureOptions ClapFeatureOptions::laion(ClapTruncation truncation) {
  ClapFeatureOptions options;
  options.truncation = truncation;
  const char* preset = truncation == ClapTruncation::fusion ? "clap_fusion" : "clap_rand_trunc";
  if (edge::find_log_mel_preset(preset, &options.log_mel) != edge::Status::ok) {
    throw Error(concat("no front end named ", preset));
  }
  return options;
}

std::string audio_problem(std::span<const float> samples) {
  if (samples.empty()) return "no samples";
  const auto bad = std::ranges::find_if(samples, [](float sample) { return !std::isfinite(sample); });
  return bad == samples.end() ? "" : concat("sample ", bad - samples.begin(), " is not finite");
}

ClapFeatures clap_features(std::span<const float> samples, const ClapFeatureOptions& options) {
  if (const std::string problem = audio_problem(samples); !problem.empty()) throw Error(problem);
  const bool too_long = static_cast<std::int64_t>(samples.size()) > options.max_samples;
  const bool crops = too_long && options.truncation == ClapTruncation::crop;
  Samples clip = crops ? cropped(samples, options) : Samples(samples.begin(), samples.end());
  if (options.quantise_int16) quantise(clip);
  lengthen(clip, options.max_samples, options.padding);
  const at::Tensor frames = log_mel_frames(clip, options.log_mel);
  if (options.truncation == ClapTruncation::crop) return {frames.unsqueeze(0), too_long};
  // A clip may be longer by less than a frame.
  if (frames.size(0) == options.frame_count()) return {frames.unsqueeze(0).expand({4, -1, -1}), false};
  return {fused_channels(frames, options), true};
}

}  // namespace pupil::teacher
