# SPDX-License-Identifier: Apache-2.0
# Toolchain file: Debian's GCC for bare Arm processors, newlib with semihosting (what a program prints comes out of the
# debugger or of qemu). CMAKE_SYSTEM_PROCESSOR says for which: cortex-m4, cortex-m7 or cortex-m55.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CMAKE_SYSTEM_PROCESSOR)
set(cpu ${CMAKE_SYSTEM_PROCESSOR})
if(cpu STREQUAL cortex-m55)
  # Helium for integers. Its floats take denormals for zero; the scalar unit does not (docs/decisions/016-front-end-on-micro-controllers.md).
  set(cpu cortex-m55+nomve.fp)
endif()
set(CMAKE_C_FLAGS_INIT "-mcpu=${cpu} -mthumb -mfloat-abi=hard -mfpu=auto")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -fno-use-cxa-atexit")
set(CMAKE_EXE_LINKER_FLAGS_INIT "--specs=rdimon.specs -Wl,--gc-sections")
