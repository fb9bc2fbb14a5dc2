// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "freertos/FreeRTOS.h"

using TaskHandle_t = void*;

inline BaseType_t xTaskCreate(void (*function)(void*), const char*, std::uint32_t, void* argument,
                              UBaseType_t, TaskHandle_t*) {
  std::thread(function, argument).detach();
  return pdPASS;
}

inline void vTaskDelete(TaskHandle_t) {}
