// How many 8-bit multiply-accumulates one core does when it does nothing else. Compiled for AVX-512 VNNI, so
// it includes nothing but plain C headers and the intrinsics.

#include <immintrin.h>
#include <time.h>

namespace pupil::bench {

namespace {

double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

double measure_vnni_peak() {
  constexpr int kRepeats = 5000;  // 30 us: shorter than a time slice, so that some bursts are whole
  constexpr int kSums = 12;       // more than latency times ports
  __m512i sums[kSums];
  for (auto& sum : sums) sum = _mm512_setzero_si512();
  const __m512i a = _mm512_set1_epi8(1);
  double best = 0.0;
  for (int burst = 0; burst < 200; ++burst) {
    const double start = seconds_now();
    for (int i = 0; i < kRepeats; ++i) {
#pragma GCC unroll 12
      for (int s = 0; s < kSums; ++s) sums[s] = _mm512_dpbusd_epi32(sums[s], a, a);
#pragma GCC unroll 12
      for (int s = 0; s < kSums; ++s) asm volatile("" : "+v"(sums[s]));
    }
    const double rate = 64.0 * kSums * kRepeats / (seconds_now() - start);
    best = rate > best ? rate : best;
  }
  return best * 1e-9;
}

}  // namespace pupil::bench
