// SPDX-License-Identifier: Apache-2.0
// Prints the hash of the features of every named front end, and of what the resampler makes of the same recording: the
// same lines on every machine. Fails where one of this machine's kernel sets gives other bits.
//
//   frontend_bits         all
//   frontend_bits PRESET  that front end alone, and no resampler

#include <cstdio>
#include <string>

#include "frontend/feature_hash_test.h"
#include "frontend/frame_table.h"
#include "pupil/edge/resampler.h"

namespace {

std::uint64_t resampler_hash(std::int32_t from_hz, std::int32_t to_hz) {
  using namespace pupil::edge;
  const std::vector<float> samples = hash_recording();
  std::vector<std::byte> state(Resampler::state_bytes(from_hz, to_hz));
  Resampler resampler;
  if (resampler.init(from_hz, to_hz, state) != Status::ok) return 0;
  std::vector<float> output(
      static_cast<std::size_t>(resampler.push_count(static_cast<std::int64_t>(samples.size()))));
  std::size_t written = 0;
  return resampler.push(samples, output, &written) == Status::ok ? hash_of(output) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  for (const std::string_view base : pupil::edge::log_mel_preset_names()) {
    if (!wanted.empty() && base != wanted) continue;
    for (const char* variant :
         {"", ":htk_scale_no_norm", ":const", ":nocenter", ":natural", ":power", ":single", ":high"}) {
      const std::string name = std::string(base) + variant;
      pupil::edge::LogMelOptions options;
      if (pupil::edge::find_log_mel_preset(name, &options) != pupil::edge::Status::ok) return 1;
      const auto hash = static_cast<unsigned long long>(pupil::edge::feature_hash(options));
      const pupil::edge::frame::Table* done = pupil::edge::frame::find_table(pupil::edge::best_kernel_set());
      for (std::int32_t i = 0; i < pupil::edge::kKernelSetCount; ++i) {
        const auto set = static_cast<pupil::edge::KernelSet>(i);
        const pupil::edge::frame::Table* table = pupil::edge::frame::find_table(set);
        if (table == nullptr || table == done) continue;  // Several sets may share their front end.
        done = table;
        if (pupil::edge::feature_hash(options, set) != hash) return 1;
      }
      std::printf("%s %016llx\n", name.c_str(), hash);
    }
  }
  if (!wanted.empty()) return 0;
  for (const std::int32_t from_hz : {8000, 44100, 48000}) {
    std::printf("resampler %d %016llx\n", static_cast<int>(from_hz),
                static_cast<unsigned long long>(resampler_hash(from_hz, 16000)));
  }
  return 0;
}
