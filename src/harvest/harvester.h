// SPDX-License-Identifier: Apache-2.0
// From [[source]] tables that name the web to clips. Searches are asked page by page, where accepted windows per request have
// been most so far, whatever library that is; what they name is noted in the catalogue, then scored, fetched, and collected as
// any file is.
//
// Stopped anywhere and run again it goes on: what is known is not asked for twice.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/collect.h"
#include "corpus/web_items.h"
#include "harvest/judge.h"
#include "harvest/settings.h"

namespace pupil::harvest {

struct HarvestOptions {
  corpus::Shard shard;  ///< items whose url's hash falls into it; the others are another machine's
  std::int32_t download_count = 4;  ///< at the same time
  /// Scores results before they are kept, and searches by meaning; null: neither. Outlives the call.
  Judge* judge = nullptr;
  /// All searches look for what the last report confused, not for the classes.
  bool hard_negatives = false;
};

struct HarvestReport {
  std::int64_t request_count = 0;
  std::int64_t found_count = 0;   ///< items that were not known
  std::int64_t scored_count = 0;  ///< items that the judge scored
  std::int64_t added_count = 0;   ///< clips
  double added_s = 0;
  std::map<corpus::Fate, std::int64_t> fates;  ///< of what this run tried
  std::vector<std::string> warnings;           ///< why a source ended early
};

/// Whether any of the tables names the web.
bool names_web(const std::vector<SourceSpec>& specs);

/// Whether harvest() would have something to ask a judge: previews to score, or a search by meaning.
bool wants_judge(const Project& project);

/// Works through the tables that name the web: lists first, then all searches together. Error: a key is missing, a list cannot
/// be read, yt-dlp is too old, read_confusions() where hard negatives are searched for; the disk. What a host does is data
/// (Fate), or a warning where it ends a source.
HarvestReport harvest(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                      const corpus::CollectOptions& collect_with, const Settings& settings,
                      const HarvestOptions& options = {});

/// The first results of a search, nothing written. Adds the requests that it took to `request_count`.
std::vector<corpus::WebItem> look(const Library& library, const Settings& settings, const Search& search,
                                  std::size_t most, std::int64_t& request_count);

/// What a loaded judge gives a result of look() for one class of its project, by its index: fetches the preview, or the file
/// where there is none, and keeps neither. Nothing: it cannot be had, or is no audio. Adds to `request_count` likewise.
std::optional<double> score_result(const Library& library, const Settings& settings, corpus::WebItem item,
                                   const Judge& judge, std::size_t class_index, std::int64_t max_bytes,
                                   std::int64_t& request_count);

/// What a finished fetch says of an item.
corpus::Fate fate_of(fetch::Failure failure);

Json harvest_report_json(const HarvestReport& report);
std::string harvest_report_text(const HarvestReport& report);

}  // namespace pupil::harvest
