// SPDX-License-Identifier: Apache-2.0
// The one front end: audio -> log-mel frames. Training, teachers' parity tests and devices all use it.
//
// A frame t is one analysis step: the samples under its window, times the Hann window, Fourier transformed
// (fft_samples long, zero filled), the power |X|^2 of its fft_samples / 2 + 1 bins, summed under mel_count
// triangles, floored, and taken to a logarithm. The same samples give the same bits on every machine and in
// whatever pieces they are pushed; docs/frontend.md says how.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

/// How frequency is mapped to mel. Stored in model files; never renumber.
enum class MelScale : std::uint8_t {
  slaney = 0,  ///< Linear below 1 kHz, logarithmic above; triangles straight in Hz.
  htk = 1,     ///< 2595 log10(1 + f / 700); triangles straight in Hz.
  kaldi = 2,   ///< 1127 ln(1 + f / 700); triangles straight in mel; the last FFT bin is left out.
};

/// Height of the triangles. Stored in model files; never renumber.
enum class MelNorm : std::uint8_t {
  none = 0,  ///< Every triangle peaks at 1.
  area = 1,  ///< Every triangle has the area 1 (its peak is 2 / width in Hz).
};

/// What precedes the first and follows the last sample. Stored in model files; never renumber.
enum class Padding : std::uint8_t {
  none = 0,     ///< Nothing: frame t's window starts at sample t * hop. For streams.
  reflect = 1,  ///< Frame t is centred on sample t * hop; the clip is mirrored about its end samples.
  zero = 2,     ///< Frame t is centred on sample t * hop; silence.
};

/// Stored in model files; never renumber.
enum class HannKind : std::uint8_t {
  periodic = 0,   ///< 0.5 - 0.5 cos(2 pi i / window_samples).
  symmetric = 1,  ///< 0.5 - 0.5 cos(2 pi i / (window_samples - 1)).
};

/// What is done to the floored mel power. Stored in model files; never renumber.
enum class LogKind : std::uint8_t {
  natural = 0,  ///< ln
  decibel = 1,  ///< 10 log10
  none = 2,     ///< Left as power.
};

/// How `floor` bounds the power from below. Stored in model files; never renumber.
enum class FloorKind : std::uint8_t {
  clamp = 0,  ///< max(power, floor)
  add = 1,    ///< power + floor
};

/// How window, transform and mel sums are computed; the logarithm is single always. Stored in model files;
/// never renumber.
enum class Precision : std::uint8_t {
  single = 0,  ///< For devices. Bands 80 dB and more below the loudest part of the spectrum lose accuracy.
  high = 1,    ///< Double: within 2e-5 dB of exact whatever the signal; four times the time, half again the
               ///< memory.
};

/// Defaults are the student's.
struct LogMelOptions {
  /// 1000 to 768000. Only the placing of the triangles depends on it.
  std::int32_t sample_rate_hz = 16000;
  /// 2 to fft_samples. Longer windows resolve pitch, shorter ones resolve clicks. 400 is 25 ms at 16 kHz.
  std::int32_t window_samples = 400;
  /// 512, 1024 or 2048. A shorter window is filled up with zeros (and is centred in the frame when the frame
  /// is centred). The cost of a frame grows a little faster than this.
  std::int32_t fft_samples = 512;
  /// 1 to 1048576, from one frame to the next; may exceed the window. Cost per second goes with its inverse.
  std::int32_t hop_samples = 160;
  /// 1 to 256.
  std::int32_t mel_count = 64;
  /// Lower edge of the first and upper edge of the last triangle: 0 <= low_hz < high_hz <= sample_rate_hz
  /// / 2.
  float low_hz = 60.0F;
  float high_hz = 7800.0F;
  MelScale scale = MelScale::slaney;
  MelNorm norm = MelNorm::none;
  Padding padding = Padding::none;
  HannKind hann = HannKind::periodic;
  LogKind log = LogKind::natural;
  FloorKind floor_kind = FloorKind::add;
  /// In units of power; 1e-30 to 1e30, with LogKind::none also 0. The student's 1e-6 is 10 dB above what the
  /// rounding of 16-bit samples adds to a band, so that digital silence and dither give the same features.
  float floor = 1e-6F;
  Precision precision = Precision::single;

  friend bool operator==(const LogMelOptions&, const LogMelOptions&) noexcept = default;
};

/// FFT bins of one frame: fft_samples / 2 + 1.
constexpr std::int32_t bin_count(const LogMelOptions& options) noexcept {
  return options.fft_samples / 2 + 1;
}

/// Frames of a whole clip: without padding those whose window is inside the clip, else 1 + samples / hop.
/// An empty clip has none. Options must be valid.
std::int64_t frame_count(const LogMelOptions& options, std::int64_t sample_count) noexcept;

/// Writes the triangles, shape [mel_count, bin_count], to be multiplied with power.
/// bad_argument: options out of range or `weights` of another size; then nothing is written.
Status mel_filterbank(const LogMelOptions& options, std::span<double> weights) noexcept;

namespace frame {
struct Table;  // the steps of a frame for one instruction set; internal
}

/// Turns audio into log-mel frames, one push at a time.
///
/// Memory: none of its own; init() places its state in the caller's buffer, which must
/// outlive this object. No call allocates. Threads: one at a time per object.
///
/// Samples that are not finite or lie beyond +-65536 count as 0: every frame written is finite, and a bad
/// sample changes only the frames whose window holds it.
class LogMel {
 public:
  LogMel() noexcept = default;
  LogMel(const LogMel&) = delete;
  LogMel& operator=(const LogMel&) = delete;

  /// Bytes that init() needs for `options` (24 kB for the student); 0 if the options are invalid or `kernels`
  /// cannot run here.
  static std::size_t state_bytes(const LogMelOptions& options,
                                 KernelSet kernels = KernelSet::automatic) noexcept;

  /// Builds the tables and starts a clip. May be called again with other options.
  /// All kernel sets give the same bits; those of x86 differ in speed and, by a few hundred bytes, in memory.
  /// bad_argument: options out of range, or `kernels` cannot run here. arena_too_small: fewer than
  /// state_bytes(options, kernels) bytes. `state` needs no alignment.
  Status init(const LogMelOptions& options, std::span<std::byte> state,
              KernelSet kernels = KernelSet::automatic) noexcept;

  const LogMelOptions& options() const noexcept { return options_; }

  /// Frames that push() of this many samples would write now.
  std::int64_t push_frame_count(std::int64_t sample_count) const noexcept;

  /// Consumes all of `samples` (mono, full scale [-1, 1], any length) and writes every
  /// frame that became complete to `frames`, shape [n, mel_count].
  /// A clip pushed in pieces gives exactly the frames of the clip pushed whole.
  /// On failure nothing is consumed. bad_argument: `frames` cannot hold them, or init() has not succeeded.
  Status push(std::span<const float> samples, std::span<float> frames, std::int32_t* frames_written) noexcept;

  /// Frames that finish() would write now; 0 without padding.
  std::int64_t finish_frame_count() const noexcept;

  /// Ends the clip: pads it, writes the remaining frames, and starts the next clip.
  /// A clip too short to be mirrored once (at most half a window) is mirrored again and again.
  /// On failure nothing happens. bad_argument: as for push().
  Status finish(std::span<float> frames, std::int32_t* frames_written) noexcept;

  /// Forgets the clip and starts the next one.
  void reset() noexcept;

 private:
  // Pieces of the caller's memory; sizes in carve().
  struct Memory {
    // Numbers of options.precision.
    std::byte* window = nullptr;  // half the Hann window, then zeros up to fft_samples
    std::byte* fft_table = nullptr;
    std::byte* fft_work = nullptr;
    std::byte* power = nullptr;  // of the bins, then zeros
    std::byte* mel_weights = nullptr;
    std::int32_t* mel_groups = nullptr;
    float* mel = nullptr;
    float* buffer = nullptr;  // samples; its rules are in log_mel.cpp
  };

  static std::size_t carve(const LogMelOptions& options, const frame::Table& table, std::byte* start,
                           Memory* memory) noexcept;
  std::int64_t complete_frames(std::int64_t total_samples) const noexcept;
  void append(const float* samples, std::int32_t count) noexcept;
  void append_silence(std::int32_t count) noexcept;
  void append_mirror(std::int32_t count) noexcept;
  void fill_left_mirror() noexcept;
  float* write_ready_frames(float* frames) noexcept;
  void write_frame(const float* samples, float* frame) noexcept;
  template <typename Real>
  void build_tables() noexcept;
  template <typename Real>
  void compute_mel_power(const float* samples) noexcept;

  LogMelOptions options_;
  const frame::Table* table_ = nullptr;
  Memory memory_;
  std::int32_t left_pad_samples_ = 0;
  std::int32_t fill_ = 0;
  std::int32_t next_start_ = 0;
  bool mirror_pending_ = false;
  std::int64_t total_samples_ = 0;
  std::int64_t total_frames_ = 0;
};

/// Named options; the names of log_mel_preset_names() and what they mean:
///   student                      16 kHz, 25/10 ms, 64 mel: the defaults above
///   clap48k clap48k_fmin0 panns32k k16 k16_win1024
///                                window = FFT, periodic Hann, reflect, dB over 1e-10, Slaney scale and area
///   clap_rand_trunc clap_fusion  CLAP's feature extractors: Slaney scale and area; HTK without norm
///   efficientat                  32 kHz, 128 Kaldi bands, ln(power + 1e-5); the caller pre-emphasises
/// A name may be followed by variants that change single options, each after a colon, as in
/// "k16:htk_scale_no_norm:nocenter":
///   slaney_scale_slaney_norm slaney_scale_no_norm htk_scale_slaney_norm htk_scale_no_norm
///   reflect const nocenter natural decibel power single high
/// All but the student's are of high precision, to be compared with references.
/// bad_argument: an unknown name or variant; then `options` is unchanged.
Status find_log_mel_preset(std::string_view name, LogMelOptions* options) noexcept;

/// The preset names, in the order above, without variants. Static storage.
std::span<const std::string_view> log_mel_preset_names() noexcept;

}  // namespace pupil::edge
