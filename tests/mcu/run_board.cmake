# SPDX-License-Identifier: Apache-2.0
# Exports the network NETWORK of random weights by the program MAKER, builds it for PROCESSOR (cortex-m4, m7, m55) under
# BUILD_ROOT and runs it on qemu's board; fails unless the bits are the golden ones. Prints what it took.
cmake_minimum_required(VERSION 3.22)
foreach(name arm-none-eabi-g++ qemu-system-arm arm-none-eabi-size)
  find_program(found_${name} ${name})
  if(NOT found_${name})
    message(NOTICE "SKIP: ${NETWORK} on ${PROCESSOR}: ${name} is not installed (scripts/setup.sh installs it)")
    return()
  endif()
endforeach()

function(run_or_fail what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(board_of_cortex-m4 mps2-an386)
set(board_of_cortex-m7 mps2-an500)
set(board_of_cortex-m55 mps3-an547)
set(folder "${BUILD_ROOT}/${NETWORK}-${PROCESSOR}")
run_or_fail("exporting" "${MAKER}" ${NETWORK} 100 "${folder}/project")
run_or_fail("configuring" "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${folder}/build"
            "-DEXPORTED=${folder}/project" "-DCMAKE_TOOLCHAIN_FILE=${CMAKE_CURRENT_LIST_DIR}/../../cmake/cortex-m.cmake"
            -D CMAKE_SYSTEM_PROCESSOR=${PROCESSOR} -D CMAKE_BUILD_TYPE=MinSizeRel)
run_or_fail("building" "${CMAKE_COMMAND}" --build "${folder}/build" --target measure --parallel 2)
run_or_fail("${NETWORK} on ${PROCESSOR}" "${found_qemu-system-arm}" -M ${board_of_${PROCESSOR}} -icount shift=0 -nographic
            -monitor none -serial none -semihosting-config enable=on,target=native -kernel "${folder}/build/measure")
string(STRIP "${output}" measured)
# Code and constants of the library alone: what main() and newlib take is the board's affair.
run_or_fail("size" "${found_arm-none-eabi-size}" -t "${folder}/build/exported/libpupil_model.a")
string(REGEX MATCH "([0-9]+)[ \t]+([0-9]+)[ \t]+([0-9]+)[^\n]*\\(TOTALS\\)" totals "${output}")
message(STATUS "${NETWORK} on ${PROCESSOR}: ${measured}; library at most ${CMAKE_MATCH_1} bytes")
