// SPDX-License-Identifier: Apache-2.0
#include "teacher/efficientat_features.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <span>
#include <vector>

#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"
#include "pupil/edge/log_mel.h"

namespace pupil::teacher {
namespace {

constexpr char kFrontEnd[] = "EfficientAT's front end";

/// y[i] = x[i + 1] - 0.97 x[i]: one sample fewer.
void pre_emphasise(std::span<const float> samples, std::vector<float>& out) {
  const auto finite = [](float sample) { return std::isfinite(sample) ? sample : 0.0F; };
  out.resize(samples.size() - 1);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = finite(samples[i + 1]) - 0.97F * finite(samples[i]);
}

class FrontEnd {
 public:
  FrontEnd() {
    check_status(edge::find_log_mel_preset("efficientat", &options_), kFrontEnd);
    state_.resize(edge::LogMel::state_bytes(options_));
    check_status(log_mel_.init(options_, state_), kFrontEnd);
  }

  std::int64_t frame_count(std::int64_t sample_count) const {
    return edge::frame_count(options_, sample_count - 1);
  }

  /// `frames`: [T, F].
  void write_frames(std::span<const float> samples, std::span<float> frames) {
    pre_emphasise(samples, emphasised_);
    std::int32_t written = 0;
    check_status(log_mel_.push(emphasised_, frames, &written), kFrontEnd);
    const auto done = static_cast<std::size_t>(written) * kEfficientAtMelCount;
    check_status(log_mel_.finish(frames.subspan(done), &written), kFrontEnd);
  }

 private:
  edge::LogMelOptions options_;
  std::vector<std::byte> state_;
  std::vector<float> emphasised_;
  edge::LogMel log_mel_;
};

}  // namespace

at::Tensor efficientat_features(const at::Tensor& audio) {
  if (audio.dim() != 2 || audio.size(1) < 2 || audio.scalar_type() != at::kFloat ||
      !audio.device().is_cpu()) {
    throw Error("EfficientAT's front end takes float audio [B, L] of at least 2 samples");
  }
  const at::Tensor dense = audio.contiguous();
  const auto sample_count = static_cast<std::size_t>(dense.size(1));
  FrontEnd front_end;
  const std::int64_t frame_count = front_end.frame_count(dense.size(1));
  at::Tensor frames = at::empty({dense.size(0), frame_count, kEfficientAtMelCount}, at::kFloat);
  const auto frame_values = static_cast<std::size_t>(frame_count * kEfficientAtMelCount);
  for (std::int64_t clip = 0; clip < dense.size(0); ++clip) {
    const auto offset = static_cast<std::size_t>(clip);
    front_end.write_frames({dense.data_ptr<float>() + offset * sample_count, sample_count},
                           {frames.data_ptr<float>() + offset * frame_values, frame_values});
  }
  return frames.add_(4.5).div_(5.0).transpose(1, 2).unsqueeze(1).contiguous();
}

}  // namespace pupil::teacher
