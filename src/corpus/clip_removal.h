// SPDX-License-Identifier: Apache-2.0
// Taking recordings down: the one way by which clips leave a catalogue.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

struct RemovedClips {
  std::int64_t clip_count = 0;
  std::int64_t learned_count = 0;  ///< of these, clips with windows that were accepted and are no test clips
  std::vector<std::string>
      files;  ///< their own files where they came from a folder or index: a later collect finds them
};

/// Removes the clips by an author, or published at or found under an address (exactly so), with their audio, windows,
/// labels, reviews, and marks what the web has of them as forgotten: it is not fetched again. Files that were their
/// duplicates are looked at again by the next collect of their source.
RemovedClips remove_clips(Catalogue& catalogue, const std::string& author_or_url);

}  // namespace pupil::corpus
