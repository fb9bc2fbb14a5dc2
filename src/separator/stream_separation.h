// SPDX-License-Identifier: Apache-2.0
// A recording from its decoder to whoever writes it, separated on the way, with the measures that tell what
// the separator did. Memory does not grow with the recording.

#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "audio/decoder.h"
#include "separator/windowed_separation.h"

namespace pupil::separator {

/// What was done to one recording.
struct SeparationMeasure {
  std::int64_t sample_count = 0;
  /// Sums of squares: of the recording, of what came out, of the recording minus what came out.
  double mixture_energy = 0;
  double wanted_energy = 0;
  double residual_energy = 0;
  /// Largest absolute sample of what came out.
  float peak = 0;
  /// Of what came out, level of the loudest 100 ms: mean power, dB of full scale; -200 for digital silence.
  double loudest_db = -200;

  /// Energy of the output over that of the recording; 0 for a silent recording.
  double energy_ratio() const;
  /// Level of what was taken away against the recording, dB: 0 everything, -60 next to nothing.
  double removed_db() const;
};

/// Judgement of an output. `silent`: nothing that could be heard is left (under 1/10,000 of the energy, or
/// below -70 dB of full scale throughout); `destroyed`: it became louder than the recording by more than 6
/// dB, which no part of a sum of sounds should be.
enum class OutputState { good, silent, destroyed };
OutputState judge(const SeparationMeasure& measure);

struct StreamOptions {
  WindowPlan plan;
  /// Share of the recording that is blended back into the output, 0 to 1.
  double mix = 0;
};

/// Takes matching stretches of the recording and of the output, in order.
using PairSink = std::function<void(std::span<const float> mixture, std::span<const float> wanted)>;

/// Separates all that `decoder` (which must give kSampleRateHz) has left. Errors: the decoder's, the
/// separator's.
SeparationMeasure separate_stream(audio::Decoder& decoder, const Separator& separator, const Query& query,
                                  const StreamOptions& options, const PairSink& sink);

}  // namespace pupil::separator
