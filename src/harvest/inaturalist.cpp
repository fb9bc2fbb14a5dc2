// SPDX-License-Identifier: Apache-2.0
// iNaturalist: observations of research grade with sounds, of a taxon by its name. One request a second is asked for.
// Paged by id_above: pages by number end at 10,000 results.

#include "base/text.h"
#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

constexpr std::size_t kPageSize = 200;

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  fetch::Request request;
  request.url =
      fetch::with_query(endpoint + "/v1/observations", {{"taxon_name", search.words},
                                                        {"sounds", "true"},
                                                        {"quality_grade", "research"},
                                                        {"per_page", concat(kPageSize)},
                                                        {"order_by", "id"},
                                                        {"order", "asc"},
                                                        {"id_above", cursor.empty() ? "0" : cursor}});
  return request;
}

// All sounds of an observation are of one moment: one recording.
Page read(const std::string&, const Json& answer, const std::string&) {
  Page page;
  page.total = count_of(answer, {"total_results"});
  const auto& found = list_of(answer, {"results"});
  // The total is of what is left behind `id_above`; pages may be smaller than what was asked for.
  const bool more = found.size() >= kPageSize || std::ssize(found) < page.total;
  if (more && !found.empty()) page.next = text_of(found.back(), {"id"});
  for (const Json& observation : found) {
    for (const Json& sound : list_of(observation, {"sounds"})) {
      WebItem item;
      item.title = text_of(observation, {"taxon", "name"});
      item.author = text_of(observation, {"user", "login"});
      item.page_url = text_of(observation, {"uri"});
      item.licence_text = text_of(sound, {"license_code"});
      item.recording = concat("inaturalist:", text_of(observation, {"id"}));
      const std::string audio = text_of(sound, {"file_url"});
      if (!audio.empty()) add_item(page, "inaturalist", text_of(sound, {"id"}), audio, item);
    }
  }
  return page;
}

}  // namespace

const Library kInaturalist = {.name = "inaturalist",
                              .endpoint = "https://api.inaturalist.org",
                              .limits = {{1, 1}, {60, 60}},
                              .page = page,
                              .read = read};

}  // namespace pupil::harvest
