// SPDX-License-Identifier: Apache-2.0
// What listening finds: events and near misses, as every sink, the index on disk and the page see them.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pupil::listen {

/// UTC. Of a source: the time its first sample was taken plus the samples since, so that a clock that is set does not
/// move the ends of an event; anew after every gap, and where the clock was set (a board without one of its own, after
/// boot), from the first pause between events.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// A class's score of one window, 0 to 1.
struct ClassScore {
  std::string class_name;
  float score = 0.0F;
};

/// A stretch of time in which a source gave one class. Everything that is needed to understand it years later, after
/// the model has been replaced.
struct Event {
  std::string id;            ///< unique and safe as a file name: "20261129T130406.120Z-yard-dog_barking"
  std::string source;        ///< name in listen.toml
  std::string class_name;    ///< the model's label
  std::string model_sha256;  ///< of the .pupil file, hexadecimal
  float score = 0.0F;        ///< of the window that started it
  float peak_score = 0.0F;   ///< best window
  float threshold = 0.0F;    ///< that was in force
  Time onset;
  Time offset;                  ///< while the event goes on: the latest window that supported it
  std::vector<ClassScore> top;  ///< up to three best classes of the peak's window, best first
  std::string clip;             ///< path below the home folder; empty: no audio kept
  std::string no_clip_reason;   ///< "privacy", "quota", "disk full", "off"; empty where there is a clip
  double clip_lead_s = 0;       ///< of the clip, before the onset
};

/// The best window of a class in a minute in which it gave no event.
struct NearMiss {
  std::string id;
  std::string source;
  std::string class_name;
  std::string model_sha256;
  float score = 0.0F;
  float threshold = 0.0F;
  Time time;  ///< middle of the window
  std::vector<ClassScore> top;
  std::string clip;        ///< as in Event; only the nearest ones keep audio
  double clip_lead_s = 0;  ///< of the clip, before `time`
};

}  // namespace pupil::listen
