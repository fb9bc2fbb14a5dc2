// SPDX-License-Identifier: Apache-2.0
#include "synth/background.h"

#include "base/error.h"
#include "base/text.h"
#include "synth/background_makers.h"

namespace pupil::synth {

bool is_bed(SoundKind kind) {
  switch (kind) {
    case SoundKind::rain:
    case SoundKind::wind:
    case SoundKind::traffic:
    case SoundKind::hum:
    case SoundKind::music:
    case SoundKind::speech:
    case SoundKind::bird:
    case SoundKind::cricket: return true;
    default: return false;
  }
}

namespace {

using Maker = void (*)(std::span<float>, Random);

Maker maker_of(SoundKind kind) {
  switch (kind) {
    case SoundKind::rain: return make_rain;
    case SoundKind::wind: return make_wind;
    case SoundKind::traffic: return make_traffic;
    case SoundKind::hum: return make_hum;
    case SoundKind::clicks: return make_clicks;
    case SoundKind::footsteps: return make_footsteps;
    case SoundKind::alarm: return make_alarm;
    case SoundKind::siren: return make_siren;
    case SoundKind::doorbell: return make_doorbell;
    case SoundKind::knock: return make_knock;
    case SoundKind::music: return make_music;
    case SoundKind::speech: return make_speech;
    case SoundKind::bird: return make_bird;
    case SoundKind::cricket: return make_cricket;
    default: throw Error(concat("'", kind_name(kind), "' is a voice, not a background"));
  }
}

}  // namespace

Samples make_background(SoundKind kind, double duration_s, std::uint64_t seed) {
  const Maker make = maker_of(kind);
  if (!(duration_s >= 0.1 && duration_s <= 3600))
    throw Error(concat("a background of ", duration_s, " s; 0.1 to 3600 are made"));
  Samples samples(static_cast<std::size_t>(sample_count(duration_s)));
  make(samples, Random(seed).fork("background", static_cast<std::uint64_t>(kind)));
  set_peak(samples, 1);
  return samples;
}

}  // namespace pupil::synth
