// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model file: load gives a Status, and what load accepts runs. The checksum is set to fit,
// since no fuzzer would find it and a forger would set it too.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "model/checksum.h"
#include "model/format.h"
#include "pupil/edge/network.h"

namespace {

using namespace pupil::edge;

// Larger models load but are not run: a fuzzer wants many executions, not long ones.
constexpr std::int64_t kMaxRunMacs = 30'000;
constexpr std::size_t kMaxRunArenaBytes = std::size_t{1} << 20;

void read_texts(const Model& model) {
  std::size_t length = 0;
  for (std::int32_t k = 0; k < model.class_count(); ++k)
    length += model.label(k).size() + model.prompts(k).size();
  for (std::int32_t i = 0; i < model.metadata_count(); ++i) {
    length += std::strlen(model.metadata_value(i).data()) + model.metadata_key(i).size();
  }
  volatile std::size_t sink = length;
  (void)sink;
}

void run(const Model& model, KernelSet kernels) {
  const std::size_t bytes = Network::arena_bytes(model, kernels);
  if (bytes == 0 || bytes > kMaxRunArenaBytes) return;
  std::vector<std::byte> arena(bytes);
  Network network;
  if (network.init(model, arena, kernels) != Status::ok) std::abort();
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames()) *
                            static_cast<std::size_t>(model.mel_count()));
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<float>(i % 23) - 11.0F;
  std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
  if (network.run(frames, scores) != Status::ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  struct alignas(kModelAlignment) Block {
    std::byte bytes[kModelAlignment];
  };
  std::vector<Block> blocks(size / sizeof(Block) + 1);
  auto* const bytes = reinterpret_cast<std::byte*>(blocks.data());
  if (size > 0) std::memcpy(bytes, data, size);
  const std::span<const std::byte> file(bytes, size);
  if (size >= sizeof(format::Header)) {
    const std::uint32_t sum = checksum(file.subspan(format::kChecksumStart));
    std::memcpy(bytes + offsetof(format::Header, checksum), &sum, sizeof(sum));
  }
  Model model;
  if (model.load(file) != Status::ok) return 0;
  read_texts(model);
  if (model.macs() > kMaxRunMacs) return 0;
  run(model, KernelSet::reference);
  run(model, KernelSet::automatic);
  return 0;
}
