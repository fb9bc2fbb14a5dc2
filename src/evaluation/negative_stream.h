// SPDX-License-Identifier: Apache-2.0
// Hours of sounds that are none of a model's classes, made of a bank's clips, as the device would score them: what
// thresholds are chosen by and false alarms are counted in.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/alarms.h"
#include "pupil/edge/events.h"
#include "pupil/edge/model.h"

namespace pupil::evaluation {

struct NegativeStreamOptions {
  /// In so many hours each clip comes several times, every time at another level, in another order, half of the times
  /// as another device or room would give it. They are no hours of different sounds: see unique_s.
  double hours = 2;
  std::uint64_t seed = 1;
};

/// Scores [T, K] of a stream, a row every 100 ms.
struct NegativeStream {
  std::vector<float> scores;       ///< [T, K], with the model's calibration
  std::vector<std::int64_t> ends;  ///< [T], Streamer::window_end_samples()
  std::size_t class_count = 0;     ///< K
  double duration_s = 0;
  double unique_s = 0;  ///< of the clips together, each once
  /// Which clip comes when, by time.
  struct Sound {
    std::int64_t begin_samples = 0;
    std::size_t clip = 0;
  };
  std::vector<Sound> sounds;

  /// The clip that sounds at `samples` from the beginning, its pause included. At least one sound must have begun.
  std::size_t clip_at(std::int64_t samples) const;
};

/// Streams the clips (mono, at the model's rate) through the model. An empty stream where there are none. The same
/// inputs give the same scores. Time: some ten seconds an hour on one core.
NegativeStream stream_negatives(const edge::Model& model, std::span<const std::vector<float>> clips,
                                const NegativeStreamOptions& options = {});

/// One clip as it is, alone.
NegativeStream stream_exactly(const edge::Model& model, std::span<const float> clip);

/// The events that a device reports in it, at the thresholds of `model`, whose classes are the stream's. All of them are
/// false alarms.
std::vector<edge::Event> list_events(const edge::Model& model, const NegativeStream& stream);

/// Their number by class, [reported].
std::vector<std::int64_t> count_events(const edge::Model& model, const NegativeStream& stream);

/// list_events() as figures of a report.
AlarmFigures stream_alarms(const edge::Model& model, const NegativeStream& stream, std::string name);

}  // namespace pupil::evaluation
