# SPDX-License-Identifier: Apache-2.0
# Fails unless all that LIBRARY asks of others is on this list: block moves, and what the compiler itself needs to ask
# for the processor's instruction sets.
set(allowed memchr memcmp memcpy memmove memset strlen abort
            __cpu_model __cpu_features2 __cpu_indicator_init getauxval _GLOBAL_OFFSET_TABLE_
            __stack_chk_fail __assert_fail)

execute_process(COMMAND "${NM}" -A "${LIBRARY}" OUTPUT_VARIABLE lines RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${NM} cannot read ${LIBRARY}")
endif()
string(REPLACE "\n" ";" lines "${lines}")
set(defined)
set(wanted)
foreach(line IN LISTS lines)
  if(line MATCHES " U ([^ ]+)$")
    list(APPEND wanted "${CMAKE_MATCH_1}")
  elseif(line MATCHES " [A-TV-Za-z] ([^ ]+)$")
    list(APPEND defined "${CMAKE_MATCH_1}")
  endif()
endforeach()
list(REMOVE_DUPLICATES wanted)
list(REMOVE_ITEM wanted ${defined} ${allowed})
if(wanted)
  string(REPLACE ";" ", " wanted "${wanted}")
  message(FATAL_ERROR "the device library asks for ${wanted}")
endif()
list(LENGTH defined count)
message(STATUS "${count} symbols, nothing asked of others beyond the list")
