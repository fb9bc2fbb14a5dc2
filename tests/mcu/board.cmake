# SPDX-License-Identifier: Apache-2.0
# The boards that qemu imitates, for programs built with cmake/cortex-m.cmake.
# pupil_board_program(target): start and memory map of the board for CMAKE_SYSTEM_PROCESSOR.
set(board_folder "${CMAKE_CURRENT_LIST_DIR}")
set(CODE_BYTES 4M)
set(RAM_START 0x20000000)
set(RAM_BYTES 4M)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL cortex-m55)
  set(CODE_BYTES 512K)
  set(RAM_START 0x60000000)
endif()
configure_file("${board_folder}/board.ld.in" "${CMAKE_BINARY_DIR}/board.ld" @ONLY)

function(pupil_board_program target)
  target_sources(${target} PRIVATE "${board_folder}/start.c")
  target_link_options(${target} PRIVATE "-T${CMAKE_BINARY_DIR}/board.ld")
endfunction()
