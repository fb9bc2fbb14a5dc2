// SPDX-License-Identifier: Apache-2.0
// What is computed for each frame, once per instruction set, behind one table of functions: the power
// spectrum, the mel sums, the logarithm. log_mel.cpp calls them; the tables that they read are made by
// real_fft.h and mel_bank.h.
//
// Plain C types only, for the reason given in kernels/kernels.h. Every function of every table gives the same
// bits: all are made from the templates of frame_steps.h, which fix the order of every sum.

#pragma once

#include <stdint.h>

namespace pupil::edge::frame {

/// power[k] = |2 X[k]|^2, k = 0 .. fft_samples / 2, where X is the transform of samples * window; a window of
/// half the intended height therefore gives |X|^2 at no extra cost.
template <typename Real>
struct SpectrumCall {
  int32_t fft_samples;
  const Real* table;     // of build_fft_table()
  const float* samples;  // [fft_samples]
  const Real* window;    // [fft_samples]
  Real* work;            // [fft_work_size()], 64-byte aligned
  Real* power;           // [fft_samples / 2 + 1]
};

/// mel[i] = sum of weight * power over the bins of triangle i, in a fixed order: four partial sums, bin by
/// bin from the triangle's first, then (0 + 1) + (2 + 3).
template <typename Real>
struct MelCall {
  int32_t mel_count;
  const int32_t* groups;  // of build_mel_bank(), for Steps::triangles
  const Real* weights;    // the same
  const Real* power;      // the bins, then MelBankSize::power_slack finite numbers
  float* mel;             // [mel_count, rounded up to kMostLanes]
};

/// frame[i] = scale * ln(floored power[i]), or the floored power itself. Floored: power + floor, or the larger
/// of the two; always a positive normal float when a logarithm is taken.
struct LogCall {
  float* power;  // [count, rounded up to kMostLanes]; may be overwritten
  float* frame;  // [count]
  int32_t count;
  float floor;
  bool add_floor;
  bool logarithm;
  float scale;
};

/// Numbers side by side in the widest table.
constexpr int32_t kMostLanes = 16;

template <typename Real>
struct Steps {
  int32_t triangles;  // of the mel bank that go side by side: 1, 2 or 4
  void (*power_spectrum)(const SpectrumCall<Real>& call);
  void (*mel_power)(const MelCall<Real>& call);
};

struct Table {
  const char* name;
  Steps<float> single;
  Steps<double> high;
  void (*log)(const LogCall& call);
};

/// Four lanes, through the compilers' vector extension. Runs everywhere.
namespace four {
const Table& table();
void power_spectrum(const SpectrumCall<double>& call);
void mel_power(const MelCall<double>& call);
}  // namespace four

// Each exists where the compiler's target has it; frame_table.cpp checks the machine before it returns one.
namespace avx2 {
const Table& table();
}
namespace avx512 {
const Table& table();
}

}  // namespace pupil::edge::frame
