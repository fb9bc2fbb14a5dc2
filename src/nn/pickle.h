// SPDX-License-Identifier: Apache-2.0
// Reads Python's pickle format into a graph of plain nodes, as far as torch.save uses it (protocols 2 to 5).
// It is a reader, not an interpreter: there is no way from a file's bytes to a function of ours or of
// Python's. checkpoint.h makes tensors of the graph.
//
// Bounds, whatever the bytes: every opcode makes at most one node, there are never more copied pairs than
// bytes, and memo indices stay below the place of reading; so memory and time grow no faster than the pickle.
// The graph may share nodes and contain itself; whoever walks it must bound the walk.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "nn/pickle_globals.h"

namespace pupil::nn {

struct PickleNode {
  using Index = std::uint32_t;
  enum class Kind : std::uint8_t {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,
    kSequence,    ///< List, tuple or set: `items`.
    kDictionary,  ///< `items` are key, value, key, value...
    kGlobal,      ///< `global`.
    kCall,        ///< `global` of one item: the sequence of its arguments. Only kTensor, kTypedTensor.
    kStorage,     ///< One item: the persistent id, a sequence.
    kOpaque,      ///< Anything else: bytes, big integers, objects of known but uninteresting classes.
  };
  Kind kind = Kind::kNone;
  PickleGlobal global;
  std::int64_t integer = 0;  ///< Also kBool.
  double real = 0;
  std::string_view text;  ///< Points into the pickle.
  std::vector<Index> items;
};

struct PickleGraph {
  std::vector<PickleNode> nodes;
  PickleNode::Index root = 0;
  std::size_t bytes_read = 0;  ///< Up to and with the STOP; more may follow.
};

/// Reads one pickle from the beginning of `bytes`, which must outlive the graph.
/// Throws Error, with the place, on an opcode or a global that is not known (named), a stack that runs empty,
/// an end before STOP.
PickleGraph read_pickle(std::span<const std::byte> bytes);

}  // namespace pupil::nn
