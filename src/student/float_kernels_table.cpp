#include "student/float_kernels.h"

namespace pupil::student::kernels {

const Table& table() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return avx512::table();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table();
#endif
  return baseline::table();
}

}  // namespace pupil::student::kernels
