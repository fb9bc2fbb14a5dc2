// SPDX-License-Identifier: Apache-2.0
// xeno-canto, API v3: needs a person's key, and queries of tags alone. A query without a tag is taken for the English name
// of a species. The key goes with the audio too.

#include "base/text.h"
#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  const bool tagged = search.words.find(':') != std::string::npos;
  const std::string query = tagged ? search.words : concat("en:\"", search.words, "\"");
  fetch::Request request;
  request.url = fetch::with_query(endpoint + "/api/3/recordings",
                                  {{"query", concat(query, " len:\"<", search.max_duration_s, "\"")},
                                   {"page", cursor.empty() ? "1" : cursor}});
  return request;
}

// "//xeno-canto.org/1" is an address without a scheme.
std::string whole_address(const std::string& endpoint, const std::string& address) {
  return address.empty() ? address : fetch::resolve_url(endpoint + "/", address);
}

Page read(const std::string& endpoint, const Json& answer, const std::string& cursor) {
  Page page;
  page.total = count_of(answer, {"numRecordings"});
  if (number_of(answer, {"page"}) < number_of(answer, {"numPages"})) page.next = next_number(cursor);
  for (const Json& one : list_of(answer, {"recordings"})) {
    WebItem item;
    item.title = concat(text_of(one, {"en"}), " (", text_of(one, {"gen"}), " ", text_of(one, {"sp"}), "), ",
                        text_of(one, {"type"}));
    item.author = text_of(one, {"rec"});
    item.page_url = whole_address(endpoint, text_of(one, {"url"}));
    item.licence_text = text_of(one, {"lic"});
    item.duration_s = seconds_of(text_of(one, {"length"}));
    item.device = text_of(one, {"dvc"});
    add_item(page, "xeno_canto", text_of(one, {"id"}), whole_address(endpoint, text_of(one, {"file"})), item);
  }
  return page;
}

void sign(const std::string& key, fetch::Request& request) {
  request.secret_query = "key=" + fetch::url_encoded(key);
}

}  // namespace

const Library kXenoCanto = {.name = "xeno_canto",
                            .endpoint = "https://xeno-canto.org",
                            .limits = {{1, 1}},
                            .needs_key = true,
                            .key_help = "https://xeno-canto.org/account",
                            .page = page,
                            .read = read,
                            .sign = sign};

}  // namespace pupil::harvest
