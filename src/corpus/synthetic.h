// SPDX-License-Identifier: Apache-2.0
// Rows without audio: a catalogue of any size for measuring and tests.

#pragma once

#include <cstdint>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Adds `count` clips of 5 s as collect would (recording, clip, given label, view, levels), deterministic from
/// `seed`: three sources, five licences, fifty labels, four clips to a recording, some files set aside. The
/// store stays empty. Returns how many rows that is in all tables, those that triggers keep not counted.
std::int64_t add_synthetic_clips(Catalogue& catalogue, std::int64_t count, std::uint64_t seed);

}  // namespace pupil::corpus
