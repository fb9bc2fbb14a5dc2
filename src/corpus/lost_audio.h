// SPDX-License-Identifier: Apache-2.0
// Stored audio that is no longer there: lost with a cleaned disk, left out of a copy, torn by a power cut.
// collect finds it and takes it in again; the stages that read audio say which clip they miss.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

struct LostAudio {
  std::int64_t view_id = 0;
  std::int64_t clip_id = 0;
  bool original = true;  ///< false: a separated view, which `separate` makes again
  std::string hash;
  std::string source;  ///< of the clip
  std::string path;
};

/// All views whose file is missing or has not the size it had (is_whole_audio(), store.h), by clip. One look per file:
/// 5 us.
std::vector<LostAudio> list_lost_audio(Catalogue& catalogue);

/// To be called before the audio of `hash` is opened, on the catalogue's thread. Error: the file is missing
/// or torn; it names the clip and what to do.
void check_stored_audio(Catalogue& catalogue, const std::string& hash);

/// Separated views of lost audio go, with windows and scores: they are pending again. Returns their number.
std::int64_t forget_lost_views(Catalogue& catalogue, const std::vector<LostAudio>& lost);

}  // namespace pupil::corpus
