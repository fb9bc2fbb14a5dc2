# SPDX-License-Identifier: Apache-2.0
# The sinks' share of the module `listen`, for its CMakeLists.txt: sink_sources, sink_libraries, sink_tests.
set(sink_sources
  sinks/command.cpp
  sinks/delivery_queue.cpp
  sinks/gauges.cpp
  sinks/home_assistant.cpp
  sinks/http.cpp
  sinks/json_lines.cpp
  sinks/live_page.cpp
  sinks/metrics.cpp
  sinks/mqtt_options.cpp
  sinks/payload.cpp
  "${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp")
set(sink_tests
  sinks/command_test.cpp
  sinks/http_test.cpp
  sinks/json_lines_test.cpp
  sinks/payload_test.cpp)
set(sink_libraries)
if(PUPIL_FORGE OR NOT PUPIL_STATIC)
  find_package(PkgConfig REQUIRED)
  find_package(CURL REQUIRED)
  pkg_check_modules(MOSQUITTO REQUIRED IMPORTED_TARGET libmosquitto)
  list(APPEND sink_sources sinks/mqtt.cpp sinks/mqtt_link.cpp sinks/webhook.cpp)
  list(APPEND sink_libraries PkgConfig::MOSQUITTO CURL::libcurl)
else()
  list(APPEND sink_sources sinks/mqtt_absent.cpp sinks/webhook_absent.cpp)
endif()
if(PUPIL_FORGE)
  list(APPEND sink_tests sinks/home_assistant_test.cpp sinks/mqtt_test.cpp sinks/webhook_test.cpp)
endif()

pupil_page(listen sinks/page index.html live.css live.js)
