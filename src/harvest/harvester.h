// SPDX-License-Identifier: Apache-2.0
// From [[source]] tables that name the web to clips. A search is asked page by page, where clips per request have been most
// so far; what it names is noted in the catalogue, then fetched, then collected as any file is.
//
// Stopped anywhere and run again it goes on: what is known is not asked for twice.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/collect.h"
#include "corpus/web_items.h"
#include "harvest/settings.h"

namespace pupil::harvest {

struct HarvestOptions {
  corpus::Shard shard;  ///< items whose url's hash falls into it; the others are another machine's
  std::int32_t download_count = 4;  ///< at the same time
};

struct HarvestReport {
  std::int64_t request_count = 0;
  std::int64_t found_count = 0;  ///< items that were not known
  std::int64_t added_count = 0;  ///< clips
  double added_s = 0;
  std::map<corpus::Fate, std::int64_t> fates;  ///< of what this run tried
  std::vector<std::string> warnings;           ///< why a source ended early
};

/// Whether any of the tables names the web.
bool names_web(const std::vector<SourceSpec>& specs);

/// Works through the tables that name the web. Error: a key is missing, a list cannot be read, yt-dlp is too old; the disk.
/// What a host does is data (Fate), or a warning where it ends a source.
HarvestReport harvest(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                      const corpus::CollectOptions& collect_with, const Settings& settings,
                      const HarvestOptions& options = {});

/// The first results of a search, nothing written.
std::vector<corpus::WebItem> look(const Library& library, const Settings& settings, const Search& search,
                                  std::size_t most);

/// What a finished fetch says of an item.
corpus::Fate fate_of(fetch::Failure failure);

Json harvest_report_json(const HarvestReport& report);
std::string harvest_report_text(const HarvestReport& report);

}  // namespace pupil::harvest
