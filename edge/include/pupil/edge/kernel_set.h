// SPDX-License-Identifier: Apache-2.0
// The instruction sets that the network's integer operations are written for.

#pragma once

#include <cstdint>
#include <string_view>

namespace pupil::edge {

/// All give the same bits; they differ in speed and in the memory that packed weights take.
enum class KernelSet : std::uint8_t {
  automatic = 0,    ///< The fastest one that this program contains and this machine supports.
  reference = 1,    ///< Plain loops; the specification. Runs everywhere, slowly.
  avx2 = 2,         ///< x86 since 2013.
  avx512_vnni = 3,  ///< x86 servers since 2019, with AVX-512 BW, VL and VNNI.
  neon = 4,       ///< Every 64-bit Arm (Cortex-A53, A72: Raspberry Pi 3 and 4), and 32-bit Arm that has NEON.
  neon_dot = 5,   ///< 64-bit Arm with the SDOT instruction (Cortex-A76: Raspberry Pi 5).
  wasm_simd = 6,  ///< WebAssembly with 128-bit vectors (browsers since 2021 to 2023).
  arm_dsp = 7,    ///< Two 16-bit products an instruction: Cortex-M4, M7, M33 with DSP; ARM11 (Pi Zero).
  arm_mve = 8,    ///< Helium: Cortex-M55, M85.
  avx_vnni = 9,   ///< x86 for desks and laptops since 2021: AVX2 with VNNI (Intel N100, Core; AMD Zen 5).
};

constexpr std::int32_t kKernelSetCount = 10;

/// "automatic", "reference", "avx2"...; never empty.
std::string_view to_string(KernelSet set) noexcept;

/// The set with that name. False, and `set` unchanged, for an unknown name.
bool parse_kernel_set(std::string_view name, KernelSet* set) noexcept;

/// Whether this program contains `set` and this machine supports it. `automatic` and `reference` always.
bool kernel_set_available(KernelSet set) noexcept;

/// The set that `automatic` selects on this machine.
KernelSet best_kernel_set() noexcept;

}  // namespace pupil::edge
