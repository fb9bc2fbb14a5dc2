// SPDX-License-Identifier: Apache-2.0
// Prints the logits and scores of networks of random weights as hashes, one line per network and seed. Before
// that it compares every kernel set of this machine with the reference, and fails when one differs.
//
//   network_bits           all sets
//   network_bits SET N NET run network NET N times with that set, for counting instructions; prints nothing

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "kernels/equality_test.h"
#include "kernels/table.h"
#include "model/model_file_test.h"
#include "pupil/edge/network.h"

namespace {

using namespace pupil::edge;

std::uint64_t hash(const void* data, std::size_t bytes) {
  std::uint64_t h = 0xCBF29CE484222325U;  // FNV-1a
  for (std::size_t i = 0; i < bytes; ++i) {
    h = (h ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001B3U;
  }
  return h;
}

std::vector<float> some_frames(const Model& model, std::uint32_t state) {
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames()) *
                            static_cast<std::size_t>(model.mel_count()));
  for (float& x : frames) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8) * 0x1.0p-24F * 16.0F - 12.0F;
  }
  return frames;
}

void fail(const char* what) {
  std::fprintf(stderr, "network_bits: %s\n", what);
  std::exit(1);
}

struct Result {
  std::vector<float> logits;
  std::vector<float> scores;
  bool operator==(const Result& other) const {
    return std::memcmp(logits.data(), other.logits.data(), logits.size() * sizeof(float)) == 0 &&
           std::memcmp(scores.data(), other.scores.data(), scores.size() * sizeof(float)) == 0;
  }
};

Result run(const Model& model, KernelSet set, std::uint32_t seed, long times) {
  std::vector<std::byte> arena(Network::arena_bytes(model, set));
  Network network;
  if (network.init(model, arena, set) != Status::ok) fail("cannot place the network");
  const std::vector<float> frames = some_frames(model, seed);
  Result result;
  result.scores.resize(static_cast<std::size_t>(model.class_count()));
  for (long i = 0; i < times; ++i) {
    if (network.run(frames, result.scores) != Status::ok) fail("cannot run the network");
  }
  result.logits.assign(network.logits().begin(), network.logits().end());
  return result;
}

void print_network(const char* name) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    const LoadedModel loaded(name, seed);
    if (loaded.status != Status::ok) fail("cannot load its own model");
    const Result truth = run(loaded.model, KernelSet::reference, seed, 1);
    for (std::int32_t i = 0; i < kKernelSetCount; ++i) {
      const auto set = static_cast<KernelSet>(i);
      if (!kernel_set_available(set)) continue;
      if (!(run(loaded.model, set, seed, 1) == truth)) fail(to_string(set).data());
    }
    std::printf(
        "%s %u logits %016llx scores %016llx\n", name, seed,
        static_cast<unsigned long long>(hash(truth.logits.data(), truth.logits.size() * sizeof(float))),
        static_cast<unsigned long long>(hash(truth.scores.data(), truth.scores.size() * sizeof(float))));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) {
    KernelSet set = KernelSet::automatic;
    if (!parse_kernel_set(argv[1], &set) || !kernel_set_available(set)) fail("no such kernel set here");
    const LoadedModel loaded(argv[3]);
    if (loaded.status != Status::ok) fail("no such network");
    (void)run(loaded.model, set, 1, std::atol(argv[2]));
    return 0;
  }
  for (std::int32_t i = 0; i < kKernelSetCount; ++i) {
    const kernels::Table* table = kernels::find_table(static_cast<KernelSet>(i));
    if (table == nullptr) continue;
    if (kernels::EqualityCheck(*table, kernels::reference::table()).run() != 0) fail(table->name);
  }
  for (const char* name : {"micro", "tiny", "dscnn"}) print_network(name);
  return 0;
}
