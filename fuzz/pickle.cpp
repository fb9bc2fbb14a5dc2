// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pickle: an Error, or a graph whose links lead to its own nodes, of a size that the bytes
// allow.

#include "nn/pickle.h"

#include <cstdint>
#include <cstdlib>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const pupil::nn::PickleGraph graph =
        pupil::nn::read_pickle({reinterpret_cast<const std::byte*>(data), size});
    if (graph.bytes_read > size || graph.nodes.size() > size || graph.root >= graph.nodes.size())
      std::abort();
    std::size_t links = 0;
    for (const auto& node : graph.nodes) {
      links += node.items.size();
      for (const auto item : node.items) {
        if (item >= graph.nodes.size()) std::abort();
      }
    }
    if (links > 4 * size) std::abort();
  } catch (const pupil::Error&) {
  }
  return 0;
}
