// SPDX-License-Identifier: Apache-2.0
// What is told apart between sound libraries: how they are asked, and how their answers are read. One file per library.
// Plain functions: requests out, JSON in; who sends them is harvester.h.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "corpus/web_items.h"
#include "fetch/client.h"

namespace pupil::harvest {

using corpus::WebItem;

struct Search {
  std::string words;
  double max_duration_s = 60;  ///< where the library can be told
  /// By meaning instead of by words: a point of Library::space, [D]; empty: by words.
  std::vector<float> direction;
};

struct Page {
  std::vector<WebItem> items;  ///< url, fetch_url, page_url, title, author, licence... filled; fate pending
  std::string next;            ///< cursor of the next page; empty: this was the last
  std::int64_t total = 0;      ///< results in all, as the library says; 0: it does not
};

/// Keys by name ("freesound").
using Keys = std::map<std::string, std::string>;

struct Library {
  std::string_view name;      ///< in pupil.toml and in the catalogue
  std::string_view endpoint;  ///< "https://freesound.org"
  std::vector<fetch::RateRule> limits;
  bool needs_key = false;
  std::string_view key_help = "";  ///< where to get one
  std::string_view space = "";     ///< of embeddings that it can be searched by; empty: none

  /// The request for a page. `cursor` empty: the first.
  fetch::Request (*page)(const std::string& endpoint, const Search& search,
                         const std::string& cursor) = nullptr;
  /// Reads its answer: what is not as the library documents it is passed over.
  Page (*read)(const std::string& endpoint, const Json& answer, const std::string& cursor) = nullptr;
  /// Adds the key to a request to the library itself; null: there is none.
  void (*sign)(const std::string& key, fetch::Request& request) = nullptr;
  /// Where an item is found without the address of its audio: the request that tells it, and its reader (false: it has
  /// no audio). Null: pages tell all.
  fetch::Request (*details)(const std::string& endpoint, const WebItem& item) = nullptr;
  bool (*complete)(const std::string& endpoint, const Json& answer, WebItem& item) = nullptr;
};

extern const Library kArchive, kCommons, kFreesound, kInaturalist, kOpenverse, kXenoCanto;

std::span<const Library* const> libraries();

/// UsageError with the nearest name.
const Library& find_library(std::string_view name);

/// Adds what every item needs: licence_id(), its name "LIBRARY:ID". Without `id` it is left out; empty `audio`: `details`
/// tells it, or the item is refused when it is to be fetched.
void add_item(Page& page, std::string_view library, const std::string& id, const std::string& audio,
              WebItem item);

/// The cursor of the page behind `cursor`, of libraries that number theirs from 1.
std::string next_number(const std::string& cursor);

}  // namespace pupil::harvest
