// SPDX-License-Identifier: Apache-2.0
// What a source says of a file beside its audio, as one line of text for the catalogue, and how the words of
// several files of the same take are put together. Used by clip_writer.cpp, collect.cpp and
// metadata_conflicts.cpp.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/clips.h"

namespace pupil::corpus {

struct ClipMetadata {
  std::string recording;       ///< group; empty: none is given
  std::optional<Split> split;  ///< given by the source
  std::string author;
  std::string licence;
  std::string attribution_url;
  std::vector<GivenLabel> given;
  bool operator==(const ClipMetadata&) const = default;
};

/// The same metadata give the same text, different ones different texts; stored in the catalogue.
std::string metadata_text(const ClipMetadata& metadata);

/// The inverse of metadata_text(). "" is no metadata at all. Error: any other text.
ClipMetadata parse_metadata(std::string_view text);

/// Moves onsets and offsets by `offset_s`: from the time of a near duplicate to that of the clip that was
/// kept.
void shift_labels(ClipMetadata& metadata, double offset_s);

struct MergedMetadata {
  ClipMetadata metadata;
  std::int64_t given_splits = 0;  ///< bit mask over Split: every split that any of the files gives
};

/// Of every field the first that is given; of labels all. A label without onset is left out where another
/// file gives its onset. `split` is none: `given_splits` has them.
MergedMetadata merge_metadata(std::span<const ClipMetadata> files);

/// Bit of a split in a mask; 0: none given.
std::int64_t split_bit(const std::optional<Split>& split);

}  // namespace pupil::corpus
