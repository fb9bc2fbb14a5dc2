// SPDX-License-Identifier: Apache-2.0
// Openverse: no key; finds what Freesound, Wikimedia Commons and Jamendo have. Anonymous: one request a second, 20
// results a page.

#include "base/text.h"
#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  fetch::Request request;
  request.url =
      fetch::with_query(endpoint + "/v1/audio/",
                        {{"q", search.words}, {"page_size", "20"}, {"page", cursor.empty() ? "1" : cursor}});
  return request;
}

Page read(const std::string&, const Json& answer, const std::string& cursor) {
  Page page;
  page.total = count_of(answer, {"result_count"});
  const double number = cursor.empty() ? 1 : static_cast<double>(std::stoll(cursor));
  if (number < number_of(answer, {"page_count"})) page.next = next_number(cursor);
  for (const Json& sound : list_of(answer, {"results"})) {
    WebItem item;
    item.title = text_of(sound, {"title"});
    item.author = text_of(sound, {"creator"});
    item.page_url = text_of(sound, {"foreign_landing_url"});
    const std::string version = text_of(sound, {"license_version"});
    item.licence_text = concat(text_of(sound, {"license"}), version.empty() ? "" : " ", version);
    item.duration_s = number_of(sound, {"duration"}) / 1000;  // milliseconds
    add_item(page, "openverse", text_of(sound, {"id"}), text_of(sound, {"url"}), item);
  }
  return page;
}

}  // namespace

const Library kOpenverse = {.name = "openverse",
                            .endpoint = "https://api.openverse.org",
                            .limits = {{1, 1}},
                            .page = page,
                            .read = read};

}  // namespace pupil::harvest
