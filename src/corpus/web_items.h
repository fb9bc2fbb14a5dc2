// SPDX-License-Identifier: Apache-2.0
// What was found on the web: where it is, whose it is, and what became of it. A row is written when a search or a list
// names an address, before anything is fetched, so that nothing is asked for twice and nothing vanishes.

#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Stored by name; a name is never given another meaning.
enum class Fate {
  pending,      ///< not tried yet, or to be tried again
  kept,         ///< a clip
  duplicate,    ///< the same take as a clip
  gone,         ///< 404, 410, deleted
  refused,      ///< 401, 403, 451, geo-blocked, private
  bot_wall,     ///< the site wants to see a person
  unreachable,  ///< no connection, 5xx, limits; tried again by the next collect
  not_audio,    ///< something else than its address promised, or not decodable
  unusable,     ///< silent, too short, clipped, damaged; a broken address
  too_long,
  too_large,
  wrong_class,  ///< the teacher gives its preview too little
  licence,      ///< [licence] allow does not have it
  private_address,
  forgotten,  ///< pupil forget
};

std::string_view fate_name(Fate fate);
/// Error: no such fate.
Fate parse_fate(std::string_view name);

struct WebItem {
  std::int64_t id = 0;
  std::string url;          ///< its name within its source, the same whenever it is found: "freesound:1234"
  std::string fetch_url;    ///< where its bytes are; without keys
  std::string preview_url;  ///< a smaller version; empty: there is none
  std::string page_url;     ///< where a person looks at it
  std::string title;
  std::string author;
  std::string licence;       ///< licence_id() (licences.h)
  std::string licence_text;  ///< as the library has it
  std::string preferences;   ///< what its author asks for beside the licence: "gen_ai_preference=..."
  std::string recording;     ///< the take it was cut from; empty: it is one of its own
  std::string label;         ///< given label, several divided by line ends; empty: none
  std::string class_name;    ///< the class that was searched for; empty: none
  std::string device;        ///< what it was recorded with, as the library says; empty: it does not
  double duration_s = 0;     ///< 0: not said
  double begin_s = 0;        ///< of a segment
  double end_s = 0;          ///< 0: the whole
  Fate fate = Fate::pending;
  std::string detail;          ///< one line: why
  std::int64_t query_id = 0;   ///< WebQuery::id of the search that named it first; 0: a list did
  bool hard_negative = false;  ///< searched for as a sound that is none of the classes
  std::string judge;           ///< by which it was scored (set_score()); empty: it was not
  double score = 0;  ///< probability of its class in [0, 1]; of any class where it is a hard negative
  std::int64_t accepted_count = 0;  ///< estimate of its windows that labelling will accept
};

/// The row of a source on the web; added when new. Its kind is "web".
std::int64_t web_source(Catalogue& catalogue, const std::string& name);

/// Adds what is not known yet by its url; false: it is, and nothing is changed.
bool add_web_item(Catalogue& catalogue, std::int64_t source_id, const WebItem& item);

void set_fate(Catalogue& catalogue, std::int64_t item_id, Fate fate, std::string_view detail);

/// Keeps where an item's audio is and how long it is, of libraries that tell it by a request of its own.
void set_addresses(Catalogue& catalogue, const WebItem& item);

/// Keeps what `judge` gave an item: class, score and accepted_count.
void set_score(Catalogue& catalogue, const WebItem& item, std::string_view judge);

/// Makes what is of the wrong class pending again where that no longer holds: it was scored by another judge, its score
/// reaches `least` now, or it is a hard negative and its score is below `most`. What `judge` has scored keeps its score.
void retry_wrong_class(Catalogue& catalogue, std::int64_t source_id, std::string_view judge, double least,
                       double most);

/// Pending items of a source with ids from `first_id` to before `end_id`, ascending, at most `limit`.
std::vector<WebItem> pending_web_items(Catalogue& catalogue, std::int64_t source_id, std::int64_t first_id,
                                       std::int64_t end_id, std::int64_t limit);

/// Looks up what collect() made of pending items: clips are kept, files set aside have the fate of their reason.
void settle_web_items(Catalogue& catalogue, std::int64_t source_id);

/// Makes what was unreachable pending again: at the beginning of a run.
void retry_unreachable(Catalogue& catalogue, std::int64_t source_id);

/// How far a search has come.
struct WebQuery {
  std::int64_t id = 0;
  std::string class_name;
  std::string query;
  std::string cursor;  ///< the library's own word for the next page; empty: the first
  bool finished = false;
  std::int64_t request_count = 0;
  std::int64_t result_count = 0;
};

/// The search as it was left, or a new one.
WebQuery find_web_query(Catalogue& catalogue, std::int64_t source_id, const std::string& class_name,
                        const std::string& query);
void set_web_query(Catalogue& catalogue, const WebQuery& query);

/// What a class has from the web, of items with ids below `before_id`.
struct WebCount {
  std::int64_t clip_count = 0;
  std::int64_t recording_count = 0;
  std::int64_t author_count = 0;
  std::int64_t device_count = 0;  ///< of a recording without one its author counts
  double duration_s = 0;
};
WebCount count_web_clips(Catalogue& catalogue, const std::string& class_name,
                         std::int64_t before_id = std::numeric_limits<std::int64_t>::max());

/// What a search has cost and brought beside its own requests: what a planner learns from.
struct WebYield {
  std::int64_t tried_count = 0;     ///< items that were asked for
  std::int64_t kept_count = 0;      ///< clips
  std::int64_t accepted_count = 0;  ///< WebItem::accepted_count of these
};
WebYield find_web_yield(Catalogue& catalogue, std::int64_t query_id);

/// Items of one source and class by fate.
std::map<Fate, std::int64_t> count_fates(Catalogue& catalogue, std::int64_t source_id,
                                         const std::string& class_name);

struct FateRow {
  std::string source;
  Fate fate = Fate::pending;
  std::int64_t count = 0;
};
/// For `pupil status`: by source and fate.
std::vector<FateRow> list_fates(Catalogue& catalogue);

/// Items with a fate other than kept, for `pupil status --fates`: source, url, fate, detail.
struct FateLine {
  std::string source;
  std::string url;
  Fate fate = Fate::pending;
  std::string detail;
};
std::vector<FateLine> list_lost_items(Catalogue& catalogue);

}  // namespace pupil::corpus
