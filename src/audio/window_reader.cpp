// SPDX-License-Identifier: Apache-2.0
#include "audio/window_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.h"

namespace pupil::audio {
namespace {

constexpr std::size_t kWindowPieceSamples = 1 << 14;
// Kept behind the stretch read last, for stretches that overlap; dropped in steps of the same size.
constexpr std::int64_t kBehindSamples = 1 << 17;

}  // namespace

WindowReader::WindowReader(std::filesystem::path path, const DecodeOptions& options)
    : path_(std::move(path)), options_(options) {
  open();
}

std::vector<float> WindowReader::read(std::int64_t start_sample, std::int64_t length_samples) {
  const std::int64_t first = std::max<std::int64_t>(start_sample, 0), end = start_sample + length_samples;
  if (first < kept_start_) open();
  with_context(path_.string(), [&] { decode(first, end); });
  std::vector<float> samples(static_cast<std::size_t>(length_samples), 0.0F);
  const std::int64_t known_end = std::min(end, kept_start_ + std::ssize(kept_));
  if (first < known_end) {
    std::copy(kept_.begin() + (first - kept_start_), kept_.begin() + (known_end - kept_start_),
              samples.begin() + (first - start_sample));
  }
  return samples;
}

void WindowReader::open() {
  with_context(path_.string(), [&] { decoder_ = std::make_unique<Decoder>(path_, options_); });
  kept_.clear();
  kept_start_ = 0;
  at_end_ = false;
}

// Drops as it goes: a first stretch far from the beginning must not take the memory of all that lies before it.
void WindowReader::decode(std::int64_t first_sample, std::int64_t end_sample) {
  drop_before(first_sample - kBehindSamples);
  while (!at_end_ && kept_start_ + std::ssize(kept_) < end_sample) {
    const std::size_t before = kept_.size();
    kept_.resize(before + kWindowPieceSamples);
    const std::size_t count = decoder_->read(std::span(kept_).subspan(before));
    kept_.resize(before + count);
    at_end_ = count == 0;
    drop_before(first_sample - kBehindSamples);
  }
}

void WindowReader::drop_before(std::int64_t sample) {
  const std::int64_t count = std::min(sample - kept_start_, std::ssize(kept_));
  if (count < kBehindSamples) return;
  kept_.erase(kept_.begin(), kept_.begin() + count);
  kept_start_ += count;
}

}  // namespace pupil::audio
