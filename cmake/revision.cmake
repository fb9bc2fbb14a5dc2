# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a C++ source with the revision that this tree is built from; run at every build by `pupil_revision`, so
# that it is right after a commit too:
#   cmake -DSOURCE_DIR=... -DVERSION=0.1.0 -DIN=revision.cpp.in -DOUT=revision.cpp -P revision.cmake
# Without git, or when this tree lies in another project's repository, it is the version alone. OUT is touched only
# when the revision is another.

set(PUPIL_REVISION "")
find_program(git git)
if(git)
  execute_process(COMMAND "${git}" rev-parse --show-prefix WORKING_DIRECTORY "${SOURCE_DIR}" RESULT_VARIABLE failed
                  OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(COMMAND "${git}" describe --always --dirty --tags WORKING_DIRECTORY "${SOURCE_DIR}"
                    OUTPUT_VARIABLE PUPIL_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(PUPIL_REVISION STREQUAL "")
  set(PUPIL_REVISION "${VERSION}")
  set(PUPIL_PROGRAM "pupil ${VERSION}")
else()
  set(PUPIL_PROGRAM "pupil ${VERSION} (${PUPIL_REVISION})")
endif()
configure_file("${IN}" "${OUT}" @ONLY)
