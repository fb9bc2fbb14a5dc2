// SPDX-License-Identifier: Apache-2.0
// How loud a stretch of audio is, 20 ms by 20 ms: measured once while audio streams by, kept in the
// catalogue, so that windows can be cut anew (another length, another hop) without decoding anything.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "audio/dc_blocker.h"

namespace pupil::corpus {

inline constexpr double kLevelBlockS = 0.020;
inline constexpr double kQuietestDbfs = -120.0;

/// Mean power per block of kLevelBlockS, in dB below full scale (a full-scale square wave has 0), half-dB
/// steps. Measured above 20 Hz: a microphone's constant offset is no sound.
struct LevelTrack {
  /// Shape [ceil(duration / kLevelBlockS)]; dBFS = -value / 2; 240 stands for kQuietestDbfs and below.
  std::vector<std::uint8_t> blocks;

  double block_dbfs(std::size_t index) const { return -0.5 * blocks[index]; }

  /// Level of blocks [begin, end): mean power, dBFS. The last block may be partly filled; blocks past the end
  /// are silence.
  double span_dbfs(std::int64_t begin, std::int64_t end) const;

  /// Level of the quietest tenth of the blocks, dBFS; kQuietestDbfs when there are none.
  double floor_dbfs() const;

  /// Level of the loudest block, dBFS; kQuietestDbfs when there are none.
  double loudest_dbfs() const;
};

/// Makes a LevelTrack from samples pushed in pieces.
class LevelMeter {
 public:
  explicit LevelMeter(std::int32_t sample_rate_hz);

  /// `samples`: mono, full scale [-1, 1], any number.
  void push(std::span<const float> samples);

  /// Largest magnitude so far, of full scale; above 20 Hz like the levels.
  double peak() const { return peak_; }

  /// Ends the last block, which may be shorter, and hands the track over. The meter is empty again.
  LevelTrack finish();

 private:
  void end_block();

  audio::DcBlocker dc_;
  double peak_ = 0;
  std::int64_t block_samples_;
  std::int64_t in_block_ = 0;
  double power_ = 0;
  LevelTrack track_;
};

}  // namespace pupil::corpus
