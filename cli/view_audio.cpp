#include "view_audio.h"

#include <algorithm>

#include "base/error.h"
#include "corpus/lost_audio.h"

namespace pupil::cli {

std::vector<float> ViewAudio::read(const std::string& hash, std::int64_t start_sample, std::int64_t length_samples) {
  const std::int64_t first = std::max<std::int64_t>(start_sample, 0);
  if (hash != hash_ || first < kept_start_) open(hash);
  const std::int64_t end = start_sample + length_samples;
  decode_until(end);
  std::vector<float> samples(static_cast<std::size_t>(length_samples), 0.0f);
  const std::int64_t known_end = std::min<std::int64_t>(end, kept_start_ + static_cast<std::int64_t>(kept_.size()));
  if (first < known_end) {
    std::copy(kept_.begin() + (first - kept_start_), kept_.begin() + (known_end - kept_start_),
              samples.begin() + (first - start_sample));
  }
  // What lies before this window is dropped once it has grown: the next one usually begins later.
  constexpr std::int64_t kDropAbove = 1 << 20;
  if (first - kept_start_ > kDropAbove) {
    const std::int64_t drop = std::min<std::int64_t>(first - kept_start_, static_cast<std::int64_t>(kept_.size()));
    kept_.erase(kept_.begin(), kept_.begin() + drop);
    kept_start_ += drop;
  }
  return samples;
}

void ViewAudio::open(const std::string& hash) {
  hash_.clear();
  corpus::check_stored_audio(catalogue_, hash);
  audio::DecodeOptions options;
  options.min_duration_s = 0;
  decoder_ = with_context(store_.path(hash).string(),
                          [&] { return std::make_unique<audio::Decoder>(store_.path(hash), options); });
  hash_ = hash;
  kept_.clear();
  kept_start_ = 0;
}

void ViewAudio::decode_until(std::int64_t end_sample) {
  constexpr std::size_t kPiece = 16384;
  while (kept_start_ + static_cast<std::int64_t>(kept_.size()) < end_sample) {
    const std::size_t before = kept_.size();
    kept_.resize(before + kPiece);
    const std::size_t count = decoder_->read(std::span(kept_).subspan(before));
    kept_.resize(before + count);
    if (count > 0) continue;
    corpus::check_damage(store_.path(hash_), decoder_->damage());
    return;
  }
}

}  // namespace pupil::cli
