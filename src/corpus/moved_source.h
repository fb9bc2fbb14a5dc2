// SPDX-License-Identifier: Apache-2.0
// Recordings that were moved: their clips are the same clips. A catalogue names sources by absolute paths, so
// that the same files under another path would be exact duplicates of themselves.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus/clip_metadata.h"
#include "corpus/database.h"
#include "corpus/sources.h"

namespace pupil::corpus {

/// The row of `source`: by its name, or that of a source whose place is gone and of whose files most have the
/// paths, sizes and times of `source`'s. 0: it is not known. Nothing is written.
std::int64_t look_up_source(Database& database, const Source& source);

/// look_up_source(), renamed where it was moved, added where it is not known.
std::int64_t take_source(Database& database, const Source& source);

/// Whether a clip's own file is no longer where it was collected from. Of an index whose files lie elsewhere
/// `sources` (those of this run) tell; where it is not among them, its files are taken to be there.
bool own_file_is_gone(Database& database, std::int64_t clip_id, const std::vector<Source>& sources);

/// Whether `item` gives whatever the clip's own file gave: labels, a group, a split, a licence. Only then may
/// it take that file's place (set_own_file()); what only a lost file said would be lost with it.
bool says_as_much(const ClipMetadata& item, const ClipMetadata& own);

/// After clips have moved from one source to another: forgets files set aside that are known under the new
/// source too.
void forget_moved_files(Database& database, std::int64_t from_source_id, std::int64_t to_source_id);

}  // namespace pupil::corpus
