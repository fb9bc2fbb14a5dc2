// SPDX-License-Identifier: Apache-2.0
#include "nn/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace pupil::nn {

void set_thread_count(std::int32_t count) {
  const auto cores = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  at::set_num_threads(count > 0 ? count : cores);
}

std::int32_t thread_count() {
  return at::get_num_threads();
}

std::string blas_core_type() {
  const char* value = std::getenv("OPENBLAS_CORETYPE");
  return value == nullptr ? "" : value;
}

}  // namespace pupil::nn
