// SPDX-License-Identifier: Apache-2.0
// Separation of recordings of any length: windows with context on both sides, joined by cross-fades. Memory
// does not grow with the recording.
//
//       |<------------- window ------------->|
//       |<---------- hop --------->|<context><fade><context>
//                                  |<------------- next window -------------
//
// The joined part comes out of two windows, every other sample out of one; context is computed and dropped.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "separator/separator.h"

namespace pupil::separator {

/// How a recording is cut. In samples at kSampleRateHz. context + fade <= window - hop <= window / 2.
struct WindowPlan {
  /// 1024 frames: a multiple of the network's poolings. Longer needs more memory, shorter computes more
  /// twice.
  std::int64_t window_samples = 1023 * 320;
  /// 24 * 32 frames, so that the poolings of all windows lie on one grid and steady sound joins without a
  /// step.
  std::int64_t hop_samples = 768 * 320;
  /// At a window's beginning, dropped: what the network says without having heard what came before. One
  /// second brings the difference from a computation in one piece to about -20 dB of the output in the fade,
  /// none outside.
  std::int64_t context_samples = 96 * 320;
  /// Raised cosine from one window to the next, whose weights sum to one.
  std::int64_t fade_samples = 63 * 320;
  /// Give silence for recordings that fit one window, as the reference's chunking does.
  bool silent_when_short = false;
};

/// The reference's own chunking, sample for sample: 5 s windows every 3 s, cut hard in the middle of the
/// overlap, silence for recordings of 5 s and less. For comparing; not for use.
WindowPlan reference_chunks();

/// Takes the separated samples in order.
using SampleSink = std::function<void(std::span<const float> samples)>;

/// One recording on its way through a separator, which must outlive this object. Threads: one at a time.
class WindowedSeparation {
 public:
  /// Error: a plan against its own rules.
  WindowedSeparation(const Separator& separator, Query query, const WindowPlan& plan = {});

  /// Takes more of the recording, any number of samples; gives to `sink` what became ready. Errors as
  /// Separator::separate(), with positions counted within the window.
  void push(std::span<const float> samples, const SampleSink& sink);

  /// Gives the rest: in all as many samples as were pushed. Nothing may be pushed afterwards.
  void finish(const SampleSink& sink);

 private:
  void run_window(std::int64_t length_samples, bool is_last, const SampleSink& sink);

  const Separator& separator_;
  Query query_;
  WindowPlan plan_;
  std::vector<float> fade_in_;   // [fade_samples]
  std::vector<float> waiting_;   // input from the next window's first sample on
  std::vector<float> fade_out_;  // the last window's part of the coming join
  bool is_first_ = true;
};

/// The whole of a recording that is in memory already.
std::vector<float> separate_windowed(const Separator& separator, const Query& query,
                                     std::span<const float> samples, const WindowPlan& plan = {});

}  // namespace pupil::separator
