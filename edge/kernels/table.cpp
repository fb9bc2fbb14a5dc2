// SPDX-License-Identifier: Apache-2.0
// Which tables exist: those compiled in (PUPIL_KERNELS_*, set by CMake per target and, where the compiler's flags
// decide, by kernels.h) that the machine supports.

#include "kernels/table.h"

#if defined(PUPIL_KERNELS_X86)
#include <cpuid.h>
#endif
#if (defined(PUPIL_KERNELS_ARM64) || defined(PUPIL_KERNELS_ARM32)) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace pupil::edge {

namespace kernels {
namespace {

#if defined(PUPIL_KERNELS_X86)
// __builtin_cpu_supports also asks whether the system saves the wide registers.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}
// Not every compiler knows a name for it: bit 4 of EAX in leaf 7, subleaf 1.
bool has_avx_vnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return has_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1U << 4)) != 0;
}
bool has_avx512_vnni() {
  return __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}
#endif

#if defined(PUPIL_KERNELS_ARM64)
bool has_dot() {
#if defined(__linux__)
  constexpr unsigned long kHwcapDotProduct = 1UL << 20;  // HWCAP_ASIMDDP
  return (getauxval(AT_HWCAP) & kHwcapDotProduct) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
  return true;
#else
  return false;
#endif
}
#endif

#if defined(PUPIL_KERNELS_ARM32)
bool has_neon() {
#if defined(__linux__)
  constexpr unsigned long kHwcapNeon = 1UL << 12;  // HWCAP_NEON
  return (getauxval(AT_HWCAP) & kHwcapNeon) != 0;
#elif defined(__ARM_NEON)
  return true;
#else
  return false;
#endif
}
#endif

}  // namespace

const Table* find_table(KernelSet set) noexcept {
  switch (set) {
    case KernelSet::automatic:
      return find_table(best_kernel_set());  // which never names `automatic`: this ends
    case KernelSet::reference: return &reference::table();
#if defined(PUPIL_KERNELS_X86)
    case KernelSet::avx2: return has_avx2() ? &avx2::table() : nullptr;
    case KernelSet::avx_vnni: return has_avx_vnni() ? &avx_vnni::table() : nullptr;
    case KernelSet::avx512_vnni: return has_avx512_vnni() ? &avx512_vnni::table() : nullptr;
#endif
#if defined(PUPIL_KERNELS_ARM64)
    case KernelSet::neon: return &neon::table();
    case KernelSet::neon_dot: return has_dot() ? &neon_dot::table() : nullptr;
#endif
#if defined(PUPIL_KERNELS_ARM32)
    case KernelSet::neon: return has_neon() ? &neon::table() : nullptr;
#endif
#if defined(PUPIL_KERNELS_ARM_DSP)
    case KernelSet::arm_dsp: return &arm_dsp::table();
#endif
#if defined(PUPIL_KERNELS_ARM_MVE)
    case KernelSet::arm_mve: return &arm_mve::table();
#endif
#if defined(PUPIL_KERNELS_WASM)
    case KernelSet::wasm_simd: return &wasm_simd::table();
#endif
    default: return nullptr;
  }
}

}  // namespace kernels

namespace {

constexpr std::string_view kSetNames[kKernelSetCount] = {"automatic", "reference", "avx2",      "avx512_vnni",
                                                         "neon",      "neon_dot",  "wasm_simd", "arm_dsp",
                                                         "arm_mve",   "avx_vnni"};

}  // namespace

std::string_view to_string(KernelSet set) noexcept {
  const auto index = static_cast<std::size_t>(set);
  return index < kKernelSetCount ? kSetNames[index] : std::string_view("unknown");
}

bool parse_kernel_set(std::string_view name, KernelSet* set) noexcept {
  for (std::int32_t i = 0; i < kKernelSetCount; ++i) {
    if (kSetNames[i] != name) continue;
    *set = static_cast<KernelSet>(i);
    return true;
  }
  return false;
}

bool kernel_set_available(KernelSet set) noexcept {
  return kernels::find_table(set) != nullptr;
}

KernelSet best_kernel_set() noexcept {
  constexpr KernelSet kFastestFirst[] = {KernelSet::avx512_vnni, KernelSet::avx_vnni, KernelSet::avx2,
                                         KernelSet::neon_dot,    KernelSet::neon,     KernelSet::wasm_simd,
                                         KernelSet::arm_mve,     KernelSet::arm_dsp};
  for (const KernelSet set : kFastestFirst) {
    if (kernels::find_table(set) != nullptr) return set;
  }
  return KernelSet::reference;
}

}  // namespace pupil::edge
