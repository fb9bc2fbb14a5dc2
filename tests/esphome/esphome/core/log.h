// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>

#define ESP_LOG_LINE(letter, tag, ...) \
  (std::printf(letter " %s: ", tag), std::printf(__VA_ARGS__), std::printf("\n"))
#define ESP_LOGE(tag, ...) ESP_LOG_LINE("E", tag, __VA_ARGS__)
#define ESP_LOGW(tag, ...) ESP_LOG_LINE("W", tag, __VA_ARGS__)
#define ESP_LOGCONFIG(tag, ...) ESP_LOG_LINE("C", tag, __VA_ARGS__)
