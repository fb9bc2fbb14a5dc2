// SPDX-License-Identifier: Apache-2.0
// Stand-ins for what the component of ESPHome uses of FreeRTOS, with the meanings of its documentation, on threads of this machine.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

using UBaseType_t = unsigned int;
using BaseType_t = int;
using TickType_t = std::uint32_t;
constexpr BaseType_t pdPASS = 1;
constexpr TickType_t portMAX_DELAY = 0xffffffffU;
