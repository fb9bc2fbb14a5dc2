// The front ends that are known by name.

#include <array>
#include <cstddef>

#include "pupil/edge/log_mel.h"

namespace pupil::edge {
namespace {

constexpr LogMelOptions centred_decibel(std::int32_t sample_rate_hz, std::int32_t window_samples,
                                        std::int32_t hop_samples, float low_hz, float high_hz) noexcept {
  return {.sample_rate_hz = sample_rate_hz,
          .window_samples = window_samples,
          .fft_samples = window_samples,
          .hop_samples = hop_samples,
          .mel_count = 64,
          .low_hz = low_hz,
          .high_hz = high_hz,
          .scale = MelScale::slaney,
          .norm = MelNorm::area,
          .padding = Padding::reflect,
          .hann = HannKind::periodic,
          .log = LogKind::decibel,
          .floor_kind = FloorKind::clamp,
          .floor = 1e-10F,
          .precision = Precision::high};
}

constexpr LogMelOptions k16_win1024() noexcept {
  LogMelOptions options = centred_decibel(16000, 1024, 160, 0.0F, 8000.0F);
  options.mel_count = 128;
  return options;
}

constexpr LogMelOptions clap_fusion() noexcept {
  LogMelOptions options = centred_decibel(48000, 1024, 480, 50.0F, 14000.0F);
  options.scale = MelScale::htk;
  options.norm = MelNorm::none;
  return options;
}

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

constexpr std::array<std::string_view, 9> kNames = {"student",         "clap48k",     "clap48k_fmin0",
                                                    "panns32k",        "k16",         "k16_win1024",
                                                    "clap_rand_trunc", "clap_fusion", "efficientat"};

constexpr std::array<LogMelOptions, kNames.size()> kOptions = {
    LogMelOptions{},
    centred_decibel(48000, 1024, 480, 50.0F, 14000.0F),
    centred_decibel(48000, 1024, 480, 0.0F, 14000.0F),
    centred_decibel(32000, 1024, 320, 50.0F, 14000.0F),
    centred_decibel(16000, 512, 160, 60.0F, 7800.0F),
    k16_win1024(),
    centred_decibel(48000, 1024, 480, 50.0F, 14000.0F),
    clap_fusion(),
    kEfficientAt};

// Up to the first colon. (Not through substr(), which would bring an exception into the device library.)
std::string_view first_word(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  return {text.data(), colon == std::string_view::npos ? text.size() : colon};
}

bool apply_variant(std::string_view variant, LogMelOptions* o) noexcept {
  const auto bank = [o](MelScale scale, MelNorm norm) {
    o->scale = scale;
    o->norm = norm;
    return true;
  };
  const auto padding = [o](Padding value) { return o->padding = value, true; };
  const auto log = [o](LogKind value) { return o->log = value, true; };
  const auto precision = [o](Precision value) { return o->precision = value, true; };
  if (variant == "slaney_scale_slaney_norm") return bank(MelScale::slaney, MelNorm::area);
  if (variant == "slaney_scale_no_norm") return bank(MelScale::slaney, MelNorm::none);
  if (variant == "htk_scale_slaney_norm") return bank(MelScale::htk, MelNorm::area);
  if (variant == "htk_scale_no_norm") return bank(MelScale::htk, MelNorm::none);
  if (variant == "reflect") return padding(Padding::reflect);
  if (variant == "const") return padding(Padding::zero);
  if (variant == "nocenter") return padding(Padding::none);
  if (variant == "natural") return log(LogKind::natural);
  if (variant == "decibel") return log(LogKind::decibel);
  if (variant == "power") return log(LogKind::none);
  if (variant == "single") return precision(Precision::single);
  if (variant == "high") return precision(Precision::high);
  return false;
}

}  // namespace

std::span<const std::string_view> log_mel_preset_names() noexcept {
  return kNames;
}

Status find_log_mel_preset(std::string_view name, LogMelOptions* options) noexcept {
  const std::string_view base = first_word(name);
  std::size_t index = 0;
  while (index < kNames.size() && kNames[index] != base) ++index;
  if (index == kNames.size()) return Status::bad_argument;
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
