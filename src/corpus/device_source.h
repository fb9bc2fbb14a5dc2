// SPDX-License-Identifier: Apache-2.0
// The home folder of `pupil listen` as a source: its clips, and what people said of them on the page or in Home Assistant.
// docs/listen.md has the format.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "corpus/sources.h"
#include "corpus/windows.h"

namespace pupil::corpus {

/// Whether a folder is one: it has index/ and clips/, or verdicts.tsv.
bool is_device_home(const std::filesystem::path& folder);

/// All clips that are there, each with what the index says; of those with a verdict "this is ...", the class is the given
/// label. Clips of one source and day are one recording: what is around them is the same. Lines that a kill has torn and
/// clips that made room for others are passed over. Error: no clip at all.
Source read_device_home(const std::filesystem::path& folder, const SourceOptions& options);

/// Puts the reviews of `sources` into the catalogue, as one for each window of `window` that the event touches: a "not
/// this" says "none of the classes". A later verdict replaces an earlier one; what is there already is left alone. Returns
/// how many were put.
std::int64_t put_source_reviews(Catalogue& catalogue, const std::vector<Source>& sources,
                                const WindowOptions& window);

}  // namespace pupil::corpus
