# SPDX-License-Identifier: Apache-2.0
# Makes a model of random weights and runs the C program on it.
execute_process(COMMAND "${MAKER}" tiny 1 "${FOLDER}/tiny.pupil" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cannot make a model")
endif()
execute_process(COMMAND "${PROGRAM}" "${FOLDER}/tiny.pupil" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the C program failed: ${result}")
endif()
