# SPDX-License-Identifier: Apache-2.0
# How a module of pupil is declared, and which module may use which.
#
# pupil_module(NAME audio USES base SOURCES ... LINKS ... TESTS ...) makes the library `pupil_audio` (alias
# pupil::audio) and, when tests are built, the executable `audio_test`. A module's headers are included as
# "audio/decoder.h"; that path exists only for the modules that list `audio` in USES, so an #include
# that the table below does not allow fails as well. COLD: see pupil_cold().

# The root of the tree: in edge/, a project of its own, PROJECT_SOURCE_DIR is another.
get_filename_component(PUPIL_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# The arrows of docs/design.md. A module that is not named here cannot be declared.
set(PUPIL_MAY_USE_edge "")
set(PUPIL_MAY_USE_base "")
set(PUPIL_MAY_USE_device base edge)
set(PUPIL_MAY_USE_web base)
set(PUPIL_MAY_USE_demo web base)
set(PUPIL_MAY_USE_project base)
set(PUPIL_MAY_USE_metrics base)
set(PUPIL_MAY_USE_audio base edge)
set(PUPIL_MAY_USE_listen web audio device base edge)
set(PUPIL_MAY_USE_picture base)
set(PUPIL_MAY_USE_synth audio base)
set(PUPIL_MAY_USE_corpus project audio base edge)
set(PUPIL_MAY_USE_review corpus project audio device web base edge)
set(PUPIL_MAY_USE_submit corpus audio web base)
set(PUPIL_MAY_USE_fetch base)
set(PUPIL_MAY_USE_nn fetch base)
set(PUPIL_MAY_USE_harvest fetch corpus project audio base)
set(PUPIL_MAY_USE_tflite nn device base)
set(PUPIL_MAY_USE_general tflite teacher nn base edge)
set(PUPIL_MAY_USE_separator nn audio base)
set(PUPIL_MAY_USE_teacher project nn audio base edge)
set(PUPIL_MAY_USE_training nn base)
set(PUPIL_MAY_USE_student project training nn metrics base edge)
set(PUPIL_MAY_USE_pretrain student training teacher separator synth corpus nn metrics audio base edge)
set(PUPIL_MAY_USE_cproject base edge)
set(PUPIL_MAY_USE_deploy cproject base edge)
set(PUPIL_MAY_USE_evaluation general teacher deploy student metrics audio base edge)
set(PUPIL_MAY_USE_report metrics base)
set(PUPIL_MAY_USE_pipeline project metrics audio picture demo device synth corpus fetch harvest nn separator teacher training student pretrain
    deploy evaluation report base edge)
set(PUPIL_MAY_USE_cli cproject pipeline review submit demo web general report project metrics audio picture listen device synth corpus fetch harvest nn separator teacher training student
    pretrain evaluation base edge)

function(pupil_check_arrows name)
  if(NOT DEFINED PUPIL_MAY_USE_${name})
    message(FATAL_ERROR "pupil: module '${name}' is not in the table of cmake/pupil.cmake")
  endif()
  foreach(used IN LISTS ARGN)
    if(NOT used IN_LIST PUPIL_MAY_USE_${name})
      string(REPLACE ";" ", " allowed "${PUPIL_MAY_USE_${name}}")
      if(NOT allowed)
        set(allowed "nothing of ours")
      endif()
      message(FATAL_ERROR "pupil: arrow ${name} -> ${used} is not allowed; ${name} may use: ${allowed} "
                          "(cmake/pupil.cmake, docs/design.md)")
    endif()
  endforeach()
endfunction()

# Flags of everything that is ours. Warnings are errors only in the `dev` preset (it passes -Werror), so that
# a newer compiler does not stop those who build pupil as a part of something else.
add_library(pupil_flags INTERFACE)
target_compile_features(pupil_flags INTERFACE cxx_std_20)
target_compile_options(pupil_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_UNITY_BUILD)  # GCC takes what lies in a joined file for a header, and an anonymous namespace in it for a fault.
  target_compile_options(pupil_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(NOT PUPIL_FORGE)  # The device program leaves out what it does not call, function by function.
  target_compile_options(pupil_flags INTERFACE -ffunction-sections -fdata-sections)
endif()

# For the files with AVX-512 kernels; what they hold is called only after asking the processor.
# (GCC 12's own header of intrinsics reads a variable it never set, on purpose.)
set(PUPIL_AVX512_FLAGS -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c -Wno-maybe-uninitialized -Wno-uninitialized)

# What decides and prints but does not compute: -O1 compiles it in half the time of -O3. On a device it is to be small.
function(pupil_cold target)
  if(PUPIL_FORGE)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
endfunction()

# pupil_precompile(TARGET OWNER REGEX HEADER...): sources that hold a line of that form see the headers precompiled, which is done
# once, for OWNER. Left out: those for which loading them costs more than it saves, and those with flags of their own, which
# precompiled headers do not fit.
function(pupil_precompile target owner regex)
  if(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  foreach(source IN LISTS sources)
    get_filename_component(path "${source}" ABSOLUTE BASE_DIR "${folder}")
    file(STRINGS "${path}" used REGEX "${regex}" LIMIT_COUNT 1)
    get_source_file_property(options "${source}" TARGET_DIRECTORY ${target} COMPILE_OPTIONS)
    if(options OR NOT used)
      set_source_files_properties("${source}" TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()

# libtorch's headers: 5 s instead of 12 for a source that computes with tensors, and 2.9 instead of 0.9 for one that names none.
set(PUPIL_TENSOR_HEADERS "${PUPIL_ROOT}/src/nn/tensors.h")
set(PUPIL_TENSOR_SOURCE "at::|ATen/")

# pupil_test(NAME base_test [TENSORS] SOURCES ... LINKS ...): one executable and one entry in ctest. Compiled like what is cold, and
# with GoogleTest's headers precompiled: half of the time that -O3 takes without them.
function(pupil_test)
  cmake_parse_arguments(arg "TENSORS" "NAME;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LINKS} pupil_flags GTest::gtest GTest::gtest_main)
  target_compile_definitions(${arg_NAME} PRIVATE PUPIL_SOURCE_DIR="${PUPIL_ROOT}"
                                                 PUPIL_SHARED_DIR="${PUPIL_SHARED_DIR}")
  target_compile_options(${arg_NAME} PRIVATE $<$<CONFIG:Release>:-O1>)
  set(test_headers "${PUPIL_ROOT}/src/base/test_headers.h")
  if(arg_TENSORS)
    pupil_precompile(${arg_NAME} nn_test "${PUPIL_TENSOR_SOURCE}" "${PUPIL_TENSOR_HEADERS}" "${test_headers}")
  else()
    pupil_precompile(${arg_NAME} base_test "gtest/gtest.h" "${test_headers}")
  endif()
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}")
  # Nothing of it ran: that is not success. scripts/test.sh lists the single tests that were skipped.
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} SKIP_REGULAR_EXPRESSION "\\[  PASSED  \\] 0 tests")
endfunction()

# pupil_sanitized_part(base_test "-Slow.*"): what of a test's cases the dev preset runs. For those that go over the same
# code again for minutes: whole trainings, a hundred kills.
function(pupil_sanitized_part test filter)
  if(PUPIL_SANITIZED AND TEST ${test})
    set_tests_properties(${test} PROPERTIES ENVIRONMENT "GTEST_FILTER=${filter}")
  endif()
endfunction()

# pupil_module(NAME nn USES ... SOURCES ... LINKS ... TESTS ...): a library and its test. COLD: pupil_cold(); TENSORS: computes with them.
function(pupil_module)
  cmake_parse_arguments(arg "COLD;TENSORS" "NAME" "USES;SOURCES;LINKS;TESTS" ${ARGN})
  pupil_check_arrows(${arg_NAME} ${arg_USES})
  set(target pupil_${arg_NAME})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(pupil::${arg_NAME} ALIAS ${target})

  set(include_dir "${CMAKE_BINARY_DIR}/include/${arg_NAME}")
  file(MAKE_DIRECTORY "${include_dir}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_dir}/${arg_NAME}" SYMBOLIC)
  target_include_directories(${target} PUBLIC "${include_dir}")

  list(TRANSFORM arg_USES PREPEND pupil_ OUTPUT_VARIABLE used_targets)
  target_link_libraries(${target} PUBLIC ${used_targets} PRIVATE pupil_flags ${arg_LINKS})
  if(arg_COLD)
    pupil_cold(${target})
  endif()
  set(tensors)
  if(arg_TENSORS)
    set(tensors TENSORS)
    pupil_precompile(${target} pupil_nn "${PUPIL_TENSOR_SOURCE}" "${PUPIL_TENSOR_HEADERS}")
  endif()
  if(arg_TESTS)
    pupil_test(NAME ${arg_NAME}_test ${tensors} SOURCES ${arg_TESTS} LINKS ${target} ${arg_LINKS})
  endif()
endfunction()

# pupil_page(listen sinks/page index.html live.js): the files become page_files.cpp in the module's build folder, which defines
# pupil::listen::page_files(), so that the program needs none beside it. Files from elsewhere go by their last name.
function(pupil_page module folder)
  set(PUPIL_PAGE_MODULE ${module})
  set(PUPIL_PAGE_FOLDER ${folder})
  set(PUPIL_PAGE_FILES "")
  foreach(name IN LISTS ARGN)
    set(page_file "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name}")
    file(READ "${page_file}" page_text)
    get_filename_component(name "${name}" NAME)
    string(APPEND PUPIL_PAGE_FILES "    {\"${name}\", R\"page(${page_text})page\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page_file}")
  endforeach()
  configure_file("${PUPIL_ROOT}/cmake/page_files.cpp.in" page_files.cpp @ONLY)
endfunction()

# pupil_fuzzer(NAME fuzz_csv SOURCE csv.cpp LINKS ... CORPUS dir): with PUPIL_FUZZ (clang) a libFuzzer
# program; otherwise a program that replays the files of CORPUS, registered as a test. MUTATOR zip_mutator.cpp: changes inputs
# in the place of libFuzzer (fuzz/mutator.h).
function(pupil_fuzzer)
  cmake_parse_arguments(arg "" "NAME;SOURCE;CORPUS;MUTATOR" "LINKS" ${ARGN})
  if(PUPIL_FUZZ)
    add_executable(${arg_NAME} ${arg_SOURCE} ${arg_MUTATOR})
    target_compile_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${arg_NAME} PRIVATE ${arg_LINKS} pupil_flags)
  elseif(BUILD_TESTING)
    add_executable(${arg_NAME}_replay ${arg_SOURCE} "${PUPIL_ROOT}/fuzz/replay_main.cpp")
    target_link_libraries(${arg_NAME}_replay PRIVATE ${arg_LINKS} pupil_flags)
    set_target_properties(${arg_NAME}_replay PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${arg_NAME}_replay COMMAND ${arg_NAME}_replay "${arg_CORPUS}")
    set_tests_properties(${arg_NAME}_replay PROPERTIES TIMEOUT 300)
  endif()
endfunction()
