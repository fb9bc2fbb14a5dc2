// SPDX-License-Identifier: Apache-2.0
// Nothing of the device library allocates: operator new is counted while it works. (That it does not ask for malloc either is
// for check_symbols.cmake to see.)

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "model/model_file_test.h"
#include "pupil/edge/network.h"
#include "pupil/edge/stream.h"

namespace {

std::atomic<int> allocations{0};

}  // namespace

// Not inlined: GCC would warn of malloc paired with operator delete.
__attribute__((noinline)) void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept {
  std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace pupil::edge {
namespace {

TEST(NoHeap, CountsWhatIsAllocated) {
  const int before = allocations;
  std::vector<int> one(100);
  EXPECT_EQ(allocations, before + 1) << one.size();
}

TEST(NoHeap, LoadPlaceAndRun) {
  const std::vector<std::byte> file = write_model(random_model(named_sketch("tiny"), 1));
  const AlignedBytes bytes(file);
  std::vector<std::byte> arena(std::size_t{4} << 20);
  std::vector<float> frames(98 * 64, -5.0F);
  std::vector<float> scores(10);
  for (std::int32_t set = 0; set < kKernelSetCount; ++set) {
    const auto kernels = static_cast<KernelSet>(set);
    if (!kernel_set_available(kernels)) continue;
    const int before = allocations;
    Model model;
    Network network;
    const bool ok = model.load(bytes.span()) == Status::ok &&
                    network.init(model, arena, kernels) == Status::ok &&
                    network.run(frames, scores) == Status::ok && model.layer(3).macs > 0;
    EXPECT_EQ(allocations, before) << to_string(kernels);
    EXPECT_TRUE(ok);
  }
}

TEST(NoHeap, Stream) {
  const LoadedModel loaded("tiny");
  std::vector<std::byte> state(Streamer::state_bytes(loaded.model, {}));
  std::vector<float> samples(20000, 0.1F);
  const int before = allocations;
  Streamer stream;
  bool ok = stream.init(loaded.model, {}, state) == Status::ok;
  std::span<const float> rest(samples);
  while (ok && !rest.empty()) {
    std::size_t used = 0;
    bool scored = false;
    ok = stream.push(rest, &used, &scored) == Status::ok;
    rest = rest.subspan(used);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace pupil::edge
