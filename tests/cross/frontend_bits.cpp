// SPDX-License-Identifier: Apache-2.0
// Prints the hash of the features of every named front end: the same lines on every machine. Fails where one of
// this machine's kernel sets gives other bits.

#include <cstdio>
#include <string>

#include "frontend/feature_hash_test.h"

int main() {
  for (const std::string_view base : pupil::edge::log_mel_preset_names()) {
    for (const char* variant :
         {"", ":htk_scale_no_norm", ":const", ":nocenter", ":natural", ":power", ":single", ":high"}) {
      const std::string name = std::string(base) + variant;
      pupil::edge::LogMelOptions options;
      if (pupil::edge::find_log_mel_preset(name, &options) != pupil::edge::Status::ok) return 1;
      const auto hash = static_cast<unsigned long long>(pupil::edge::feature_hash(options));
      for (std::int32_t i = 0; i < pupil::edge::kKernelSetCount; ++i) {
        const auto set = static_cast<pupil::edge::KernelSet>(i);
        if (pupil::edge::kernel_set_available(set) && pupil::edge::feature_hash(options, set) != hash)
          return 1;
      }
      std::printf("%s %016llx\n", name.c_str(), hash);
    }
  }
  return 0;
}
