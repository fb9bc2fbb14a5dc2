// SPDX-License-Identifier: Apache-2.0
// Peak rate of 8-bit multiply-accumulates of one core. Compiled for AVX-512 VNNI, so
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
  constexpr int kRepeats = 5000;  // 15 us: shorter than a time slice, so that some bursts are whole
  const __m512i a = _mm512_set1_epi8(1);
  __m512i s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a;
  double best = 0.0;
  for (int burst = 0; burst < 400; ++burst) {
    const double start = seconds_now();
    for (int i = 0; i < kRepeats; ++i) {
      // Ten sums: latency 5 times 2 ports. In assembly, so that no compiler finds a shorter way.
      asm volatile(
          "vpdpbusd %[a], %[a], %[s0]\n\tvpdpbusd %[a], %[a], %[s1]\n\t"
          "vpdpbusd %[a], %[a], %[s2]\n\tvpdpbusd %[a], %[a], %[s3]\n\t"
          "vpdpbusd %[a], %[a], %[s4]\n\tvpdpbusd %[a], %[a], %[s5]\n\t"
          "vpdpbusd %[a], %[a], %[s6]\n\tvpdpbusd %[a], %[a], %[s7]\n\t"
          "vpdpbusd %[a], %[a], %[s8]\n\tvpdpbusd %[a], %[a], %[s9]"
          : [s0] "+v"(s0), [s1] "+v"(s1), [s2] "+v"(s2), [s3] "+v"(s3), [s4] "+v"(s4), [s5] "+v"(s5),
            [s6] "+v"(s6), [s7] "+v"(s7), [s8] "+v"(s8), [s9] "+v"(s9)
          : [a] "v"(a));
    }
    const double rate = 64.0 * 10 * kRepeats / (seconds_now() - start);
    best = rate > best ? rate : best;
  }
  return best * 1e-9;
}

}  // namespace pupil::bench
