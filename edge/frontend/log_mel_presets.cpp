// SPDX-License-Identifier: Apache-2.0
// The front ends that are known by name. All but the student's imitate a published feature extractor; the
// tests hold each to stored features of the original (log_mel_golden_test.cpp).

#include <array>
#include <cstddef>

#include "pupil/edge/log_mel.h"

namespace pupil::edge {
namespace {

/// What differs between the front ends that give decibels of a reflected, centred window as long as the FFT.
struct Centred {
  std::int32_t sample_rate_hz;
  std::int32_t window_samples;
  std::int32_t hop_samples;
  float low_hz;
  float high_hz;
  std::int32_t mel_count = 64;
  MelScale scale = MelScale::slaney;
  MelNorm norm = MelNorm::area;
};

constexpr LogMelOptions centred_decibel(const Centred& c) noexcept {
  return {.sample_rate_hz = c.sample_rate_hz,
          .window_samples = c.window_samples,
          .fft_samples = c.window_samples,
          .hop_samples = c.hop_samples,
          .mel_count = c.mel_count,
          .low_hz = c.low_hz,
          .high_hz = c.high_hz,
          .scale = c.scale,
          .norm = c.norm,
          .padding = Padding::reflect,
          .hann = HannKind::periodic,
          .log = LogKind::decibel,
          .floor_kind = FloorKind::clamp,
          .floor = 1e-10F,
          .precision = Precision::high};
}

constexpr LogMelOptions kClap48k = centred_decibel({.sample_rate_hz = 48000,
                                                    .window_samples = 1024,
                                                    .hop_samples = 480,
                                                    .low_hz = 50.0F,
                                                    .high_hz = 14000.0F});

constexpr LogMelOptions kClap48kFromZero = centred_decibel({.sample_rate_hz = 48000,
                                                            .window_samples = 1024,
                                                            .hop_samples = 480,
                                                            .low_hz = 0.0F,
                                                            .high_hz = 14000.0F});

constexpr LogMelOptions kClapFusion = centred_decibel({.sample_rate_hz = 48000,
                                                       .window_samples = 1024,
                                                       .hop_samples = 480,
                                                       .low_hz = 50.0F,
                                                       .high_hz = 14000.0F,
                                                       .scale = MelScale::htk,
                                                       .norm = MelNorm::none});

constexpr LogMelOptions kPanns32k = centred_decibel({.sample_rate_hz = 32000,
                                                     .window_samples = 1024,
                                                     .hop_samples = 320,
                                                     .low_hz = 50.0F,
                                                     .high_hz = 14000.0F});

constexpr LogMelOptions k16k = centred_decibel({.sample_rate_hz = 16000,
                                                .window_samples = 512,
                                                .hop_samples = 160,
                                                .low_hz = 60.0F,
                                                .high_hz = 7800.0F});

constexpr LogMelOptions k16kWindow1024 = centred_decibel({.sample_rate_hz = 16000,
                                                          .window_samples = 1024,
                                                          .hop_samples = 160,
                                                          .low_hz = 0.0F,
                                                          .high_hz = 8000.0F,
                                                          .mel_count = 128});

constexpr LogMelOptions kEfficientAt = {.sample_rate_hz = 32000,
                                        .window_samples = 800,
                                        .fft_samples = 1024,
                                        .hop_samples = 320,
                                        .mel_count = 128,
                                        .low_hz = 0.0F,
                                        .high_hz = 15000.0F,
                                        .scale = MelScale::kaldi,
                                        .norm = MelNorm::none,
                                        .padding = Padding::reflect,
                                        .hann = HannKind::symmetric,
                                        .log = LogKind::natural,
                                        .floor_kind = FloorKind::add,
                                        .floor = 1e-5F,
                                        .precision = Precision::high};

// Two arrays, name by name and option by option: log_mel_preset_names() hands out the names as they are here.
constexpr std::array<std::string_view, 9> kPresetNames = {"student",         "clap48k",     "clap48k_fmin0",
                                                          "panns32k",        "k16",         "k16_win1024",
                                                          "clap_rand_trunc", "clap_fusion", "efficientat"};

constexpr std::array<LogMelOptions, kPresetNames.size()> kOptions = {
    LogMelOptions{}, kClap48k, kClap48kFromZero, kPanns32k,   k16k,
    k16kWindow1024,  kClap48k, kClapFusion,      kEfficientAt};

struct Variant {
  std::string_view name;
  void (*apply)(LogMelOptions*) noexcept;
};

template <MelScale kScale, MelNorm kNorm>
void set_bank(LogMelOptions* options) noexcept {
  options->scale = kScale;
  options->norm = kNorm;
}
template <Padding kPadding>
void set_padding(LogMelOptions* options) noexcept {
  options->padding = kPadding;
}
template <LogKind kLog>
void set_log(LogMelOptions* options) noexcept {
  options->log = kLog;
}
template <Precision kPrecision>
void set_precision(LogMelOptions* options) noexcept {
  options->precision = kPrecision;
}

constexpr Variant kVariants[] = {
    {"slaney_scale_slaney_norm", set_bank<MelScale::slaney, MelNorm::area>},
    {"slaney_scale_no_norm", set_bank<MelScale::slaney, MelNorm::none>},
    {"htk_scale_slaney_norm", set_bank<MelScale::htk, MelNorm::area>},
    {"htk_scale_no_norm", set_bank<MelScale::htk, MelNorm::none>},
    {"reflect", set_padding<Padding::reflect>},
    {"const", set_padding<Padding::zero>},
    {"nocenter", set_padding<Padding::none>},
    {"natural", set_log<LogKind::natural>},
    {"decibel", set_log<LogKind::decibel>},
    {"power", set_log<LogKind::none>},
    {"single", set_precision<Precision::single>},
    {"high", set_precision<Precision::high>},
};

// Up to the first colon. (Not through substr(), which would bring an exception into the device library.)
std::string_view first_word(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  return {text.data(), colon == std::string_view::npos ? text.size() : colon};
}

bool apply_variant(std::string_view name, LogMelOptions* options) noexcept {
  for (const Variant& variant : kVariants) {
    if (variant.name != name) continue;
    variant.apply(options);
    return true;
  }
  return false;
}

}  // namespace

std::span<const std::string_view> log_mel_preset_names() noexcept {
  return kPresetNames;
}

Status find_log_mel_preset(std::string_view name, LogMelOptions* options) noexcept {
  const std::string_view base = first_word(name);
  std::size_t index = 0;
  while (index < kPresetNames.size() && kPresetNames[index] != base) ++index;
  if (index == kPresetNames.size()) return Status::bad_argument;
  LogMelOptions found = kOptions[index];
  std::string_view rest = name;
  rest.remove_prefix(base.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view variant = first_word(rest);
    if (!apply_variant(variant, &found)) return Status::bad_argument;
    rest.remove_prefix(variant.size());
  }
  *options = found;
  return Status::ok;
}

}  // namespace pupil::edge
