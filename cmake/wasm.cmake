# SPDX-License-Identifier: Apache-2.0
# CMake toolchain: WebAssembly by clang 19, with wasi-libc and libc++ of Debian 12 (scripts/setup.sh installs them).
#   cmake --preset wasm-simd
# With -msimd128 in CMAKE_CXX_FLAGS the module needs an engine with SIMD, and has kernels for it: a module cannot ask.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
# Debian's libc++ for WebAssembly has none.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
# The last -O counts. Linked with -O the driver calls wasm-opt where there is one: other bytes on other machines.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-O0 -Wl,--gc-sections")
