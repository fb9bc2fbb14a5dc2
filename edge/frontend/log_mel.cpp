// SPDX-License-Identifier: Apache-2.0
// The stream around the frame: a short stretch of samples, and when a frame's window is full, the frame.
//
// buffer_ holds fill_ consecutive samples of the padded clip. Its rules:
//  1. next_start_ is where the next frame's window begins in it; that may be past fill_ (hop > window).
//  2. One sample before next_start_ is kept once there is one: the mirrored end may reach it.
//  3. Between calls the next frame's window is not full: fill_ < next_start_ + window_samples, or
//  4. mirror_pending_: the first left_pad_samples() places wait for the mirror image of samples not yet seen;
//     no frame is written until then.
// Every place up to the capacity holds a finite number: the transform reads fft_samples from a window's
// start, and what follows the window is multiplied by zero.

#include "pupil/edge/log_mel.h"

#include <cstring>

#include "frontend/carving.h"
#include "frontend/frame_table.h"
#include "frontend/mel_bank.h"
#include "frontend/real_fft.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

// Samples that one append() takes at most; a push is cut into these.
constexpr std::int32_t kBlockSamples = 1024;
constexpr float kLargestSample = 65536.0F;
constexpr float kDecibelsPerNeper = 4.342944819032518F;  // 10 / ln 10

// The ranges that log_mel.h states. They bound the memory, and keep sums of sample counts within 32 bits.
constexpr std::int32_t kMinRateHz = 1000;
constexpr std::int32_t kMaxRateHz = 768000;
constexpr std::int32_t kMaxHopSamples = 1 << 20;
constexpr std::int32_t kMaxMelCount = 256;
constexpr float kMinFloor = 1e-30F;  // a normal float: ln() takes no other
constexpr float kMaxFloor = 1e30F;

bool is_valid(const LogMelOptions& o) noexcept {
  const bool sizes = o.sample_rate_hz >= kMinRateHz && o.sample_rate_hz <= kMaxRateHz &&
                     is_fft_size(o.fft_samples) && o.window_samples >= 2 &&
                     o.window_samples <= o.fft_samples && o.hop_samples >= 1 &&
                     o.hop_samples <= kMaxHopSamples && o.mel_count >= 1 && o.mel_count <= kMaxMelCount;
  const bool band = o.low_hz >= 0.0F && o.low_hz < o.high_hz &&
                    static_cast<double>(o.high_hz) <= static_cast<double>(o.sample_rate_hz) / 2.0;
  const bool kinds = o.scale <= MelScale::kaldi && o.norm <= MelNorm::area && o.padding <= Padding::zero &&
                     o.hann <= HannKind::symmetric && o.log <= LogKind::none &&
                     o.floor_kind <= FloorKind::add && o.precision <= Precision::high;
  const bool floor =
      (o.floor >= kMinFloor && o.floor <= kMaxFloor) || (o.floor == 0.0F && o.log == LogKind::none);
  return sizes && band && kinds && floor;
}

std::int32_t left_pad(const LogMelOptions& options) noexcept {
  if (options.padding == Padding::none) return 0;
  return options.fft_samples / 2 - (options.fft_samples - options.window_samples) / 2;
}

std::int32_t buffer_capacity(const LogMelOptions& options) noexcept {
  // Kept samples, a block or the padding of both ends, and what the transform reads past the last window.
  return 2 * options.window_samples + options.fft_samples + kBlockSamples + 2;
}

// Index of the sample seen at `index` when samples 0 .. count - 1 are mirrored about both ends without end.
std::int64_t mirrored(std::int64_t index, std::int64_t count) noexcept {
  if (count == 1) return 0;
  const std::int64_t period = 2 * (count - 1);
  const std::int64_t folded = (index % period + period) % period;
  return folded < count ? folded : period - folded;
}

template <typename Real>
void fill_window(const LogMelOptions& options, Real* window) noexcept {
  const std::int32_t steps = options.window_samples - (options.hann == HannKind::symmetric ? 1 : 0);
  for (std::int32_t i = 0; i < options.fft_samples; ++i) {
    // Half a Hann window: power_spectrum() doubles.
    const double half = i < options.window_samples ? 0.25 - 0.25 * cos_of_turn(i, steps) : 0.0;
    window[i] = static_cast<Real>(half);
  }
}

// NaN, infinite and absurdly large samples become 0.
void copy_sane(const float* from, std::int32_t count, float* to) noexcept {
  for (std::int32_t i = 0; i < count; ++i) {
    const float sample = from[i];
    to[i] = sample <= kLargestSample && sample >= -kLargestSample ? sample : 0.0F;
  }
}

template <typename Real>
const frame::Steps<Real>& steps_of(const frame::Table& table) noexcept {
  if constexpr (sizeof(Real) == sizeof(double)) {
    return table.high;
  } else {
    return table.single;
  }
}

template <typename Real>
Real* numbers(std::byte* piece) noexcept {
  return reinterpret_cast<Real*>(piece);
}

// Hands out pieces of the caller's memory, or counts them when there is none: state_bytes() and init() cannot
// disagree.
class Carver {
 public:
  explicit Carver(std::byte* start) noexcept : start_(start) {}

  std::byte* take(std::size_t bytes) noexcept {
    std::byte* const piece = start_ == nullptr ? nullptr : start_ + used_;
    used_ += whole_lines(bytes);
    return piece;
  }

  std::size_t used() const noexcept { return used_; }

 private:
  std::byte* start_;
  std::size_t used_ = 0;
};

}  // namespace

std::size_t LogMel::carve(const LogMelOptions& options, const frame::Table& table, std::byte* start,
                          Memory* memory) noexcept {
  Carver carver(start);
  const bool high = options.precision == Precision::high;
  const std::size_t real_bytes = high ? sizeof(double) : sizeof(float);
  const auto take = [&](std::int32_t count, std::size_t bytes) {
    return carver.take(static_cast<std::size_t>(count) * bytes);
  };
  memory->window = take(options.fft_samples, real_bytes);
  memory->fft_table = take(fft_table_size(options.fft_samples), real_bytes);
  memory->fft_work = take(fft_work_size(options.fft_samples), real_bytes);
  const MelBankSize bank = mel_bank_size(options, high ? table.high.triangles : table.single.triangles);
  memory->power = take(bin_count(options) + bank.power_slack, real_bytes);
  memory->mel_groups = reinterpret_cast<std::int32_t*>(take(bank.groups, sizeof(std::int32_t)));
  memory->mel_weights = take(bank.weights, real_bytes);
  memory->mel = reinterpret_cast<float*>(take(options.mel_count + frame::kMostLanes - 1, sizeof(float)));
  memory->buffer = reinterpret_cast<float*>(take(buffer_capacity(options), sizeof(float)));
  return carver.used();
}

std::size_t LogMel::state_bytes(const LogMelOptions& options, KernelSet kernels) noexcept {
  const frame::Table* const table = frame::find_table(kernels);
  if (table == nullptr || !is_valid(options)) return 0;
  Memory memory;
  return carve(options, *table, nullptr, &memory) + kLineBytes - 1;
}

Status LogMel::init(const LogMelOptions& options, std::span<std::byte> state, KernelSet kernels) noexcept {
  const std::size_t bytes = state_bytes(options, kernels);
  if (bytes == 0) return Status::bad_argument;
  if (state.size() < bytes) return Status::arena_too_small;
  std::memset(state.data(), 0, bytes);
  table_ = frame::find_table(kernels);
  carve(options, *table_, align_up(state.data(), kLineBytes), &memory_);
  options_ = options;
  left_pad_samples_ = left_pad(options);
  if (options.precision == Precision::high) {
    build_tables<double>();
  } else {
    build_tables<float>();
  }
  reset();
  return Status::ok;
}

template <typename Real>
void LogMel::build_tables() noexcept {
  fill_window(options_, numbers<Real>(memory_.window));
  build_fft_table(options_.fft_samples, numbers<Real>(memory_.fft_table));
  build_mel_bank(options_, steps_of<Real>(*table_).triangles, memory_.mel_groups,
                 numbers<Real>(memory_.mel_weights));
}

void LogMel::reset() noexcept {
  fill_ = 0;
  next_start_ = 0;
  total_samples_ = 0;
  total_frames_ = 0;
  mirror_pending_ = options_.padding == Padding::reflect;
  if (memory_.buffer != nullptr) append_silence(left_pad_samples_);
}

std::int64_t frame_count(const LogMelOptions& options, std::int64_t sample_count) noexcept {
  if (options.padding != Padding::none) return sample_count > 0 ? 1 + sample_count / options.hop_samples : 0;
  return sample_count < options.window_samples
             ? 0
             : 1 + (sample_count - options.window_samples) / options.hop_samples;
}

// Frames whose window is full once the clip has `total_samples` and may continue.
std::int64_t LogMel::complete_frames(std::int64_t total_samples) const noexcept {
  if (options_.padding == Padding::reflect && total_samples <= left_pad_samples_) return 0;
  const std::int64_t beyond = total_samples + left_pad_samples_ - options_.window_samples;
  return beyond < 0 ? 0 : 1 + beyond / options_.hop_samples;
}

std::int64_t LogMel::push_frame_count(std::int64_t sample_count) const noexcept {
  return complete_frames(total_samples_ + sample_count) - total_frames_;
}

std::int64_t LogMel::finish_frame_count() const noexcept {
  return frame_count(options_, total_samples_) - total_frames_;
}

Status LogMel::push(std::span<const float> samples, std::span<float> frames,
                    std::int32_t* frames_written) noexcept {
  const std::int64_t count = push_frame_count(static_cast<std::int64_t>(samples.size()));
  const std::size_t room = frames.size() / static_cast<std::size_t>(options_.mel_count);
  if (memory_.buffer == nullptr || static_cast<std::size_t>(count) > room) return Status::bad_argument;
  float* frame = frames.data();
  while (!samples.empty()) {
    const std::size_t block = samples.size() < kBlockSamples ? samples.size() : kBlockSamples;
    append(samples.data(), static_cast<std::int32_t>(block));
    samples = samples.subspan(block);
    frame = write_ready_frames(frame);
  }
  *frames_written = static_cast<std::int32_t>(count);
  return Status::ok;
}

Status LogMel::finish(std::span<float> frames, std::int32_t* frames_written) noexcept {
  const std::int64_t count = finish_frame_count();
  const std::size_t room = frames.size() / static_cast<std::size_t>(options_.mel_count);
  if (memory_.buffer == nullptr || static_cast<std::size_t>(count) > room) return Status::bad_argument;
  if (count > 0) {
    const std::int32_t right_pad_samples = options_.window_samples - left_pad_samples_;
    if (options_.padding == Padding::reflect) {
      append_mirror(right_pad_samples);
    } else {
      append_silence(right_pad_samples);
    }
    write_ready_frames(frames.data());
  }
  reset();
  *frames_written = static_cast<std::int32_t>(count);
  return Status::ok;
}

void LogMel::append(const float* samples, std::int32_t count) noexcept {
  copy_sane(samples, count, memory_.buffer + fill_);
  fill_ += count;
  total_samples_ += count;
  if (mirror_pending_ && total_samples_ > left_pad_samples_) fill_left_mirror();
}

void LogMel::append_silence(std::int32_t count) noexcept {
  std::memset(memory_.buffer + fill_, 0, static_cast<std::size_t>(count) * sizeof(float));
  fill_ += count;
}

// The padding after the clip's last sample, and before its first one if that is still pending.
void LogMel::append_mirror(std::int32_t count) noexcept {
  if (mirror_pending_) fill_left_mirror();
  const std::int64_t buffer_position = total_samples_ - fill_;  // of the buffer's first place in the clip
  for (std::int32_t i = 0; i < count; ++i) {
    memory_.buffer[fill_ + i] =
        memory_.buffer[mirrored(total_samples_ + i, total_samples_) - buffer_position];
  }
  fill_ += count;
}

// Nothing has left the buffer yet: the clip starts at left_pad_samples_.
void LogMel::fill_left_mirror() noexcept {
  float* const clip = memory_.buffer + left_pad_samples_;
  for (std::int32_t i = 1; i <= left_pad_samples_; ++i) clip[-i] = clip[mirrored(-i, total_samples_)];
  mirror_pending_ = false;
}

// Writes the frames that are complete, then moves what later ones need to the front of the buffer. One move
// per block of samples, not per frame.
float* LogMel::write_ready_frames(float* frames) noexcept {
  if (mirror_pending_) return frames;
  for (; next_start_ + options_.window_samples <= fill_; next_start_ += options_.hop_samples) {
    write_frame(memory_.buffer + next_start_, frames);
    frames += options_.mel_count;
    ++total_frames_;
  }
  std::int32_t used = next_start_ - 1;
  used = used < fill_ ? used : fill_;
  if (used > 0) {
    std::memmove(memory_.buffer, memory_.buffer + used,
                 static_cast<std::size_t>(fill_ - used) * sizeof(float));
    fill_ -= used;
    next_start_ -= used;
  }
  return frames;
}

template <typename Real>
void LogMel::compute_mel_power(const float* samples) noexcept {
  const frame::Steps<Real>& steps = steps_of<Real>(*table_);
  Real* const power = numbers<Real>(memory_.power);
  steps.power_spectrum({options_.fft_samples, numbers<Real>(memory_.fft_table), samples,
                        numbers<Real>(memory_.window), numbers<Real>(memory_.fft_work), power});
  steps.mel_power(
      {options_.mel_count, memory_.mel_groups, numbers<Real>(memory_.mel_weights), power, memory_.mel});
}

void LogMel::write_frame(const float* samples, float* frame) noexcept {
  if (options_.precision == Precision::high) {
    compute_mel_power<double>(samples);
  } else {
    compute_mel_power<float>(samples);
  }
  frame::LogCall call;
  call.power = memory_.mel;
  call.frame = frame;
  call.count = options_.mel_count;
  call.floor = options_.floor;
  call.add_floor = options_.floor_kind == FloorKind::add;
  call.logarithm = options_.log != LogKind::none;
  call.scale = options_.log == LogKind::decibel ? kDecibelsPerNeper : 1.0F;
  table_->log(call);
}

}  // namespace pupil::edge
