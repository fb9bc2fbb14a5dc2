// SPDX-License-Identifier: Apache-2.0
// Freesound, APIv2, by words or by meaning (similar_to, with the embedding in the space of LAION's CLAP): needs a key (free for non-commercial use). Previews (ogg, about 192 kb/s) come with the key alone
// and are what is fetched; originals ask for a login by OAuth2 and count against 2,000 requests a day.

#include "base/text.h"
#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

constexpr std::string_view kSpace = "laion_clap";

// The fewest digits that give each float back: the library reads what the teacher computed, and the same vector is always
// the same text.
std::string vector_text(const std::vector<float>& direction) {
  std::string text;
  for (const float value : direction) text += concat(text.empty() ? "" : ",", Json(value).dump());
  return text;
}

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  std::vector<std::pair<std::string_view, std::string>> parameters = {
      {"filter", concat("duration:[0.2 TO ", search.max_duration_s, "]")},
      {"fields", "id,name,url,username,license,duration,previews,md5,gen_ai_preference,pack"},
      {"page_size", "150"},
      {"page", cursor.empty() ? "1" : cursor}};
  fetch::Request request;
  if (search.direction.empty()) {
    parameters.insert(parameters.begin(), {"query", search.words});
  } else {
    parameters.insert(parameters.begin(), {"similarity_space", std::string(kSpace)});
    request.secret_query = "similar_to=" + vector_text(search.direction);  // 6 kB
  }
  request.url = fetch::with_query(endpoint + "/apiv2/search/", parameters);
  return request;
}

Page read(const std::string&, const Json& answer, const std::string& cursor) {
  Page page;
  page.total = count_of(answer, {"count"});
  if (!text_of(answer, {"next"}).empty()) page.next = next_number(cursor);
  for (const Json& sound : list_of(answer, {"results"})) {
    WebItem item;
    item.title = text_of(sound, {"name"});
    item.author = text_of(sound, {"username"});
    item.page_url = text_of(sound, {"url"});
    item.licence_text = text_of(sound, {"license"});
    item.duration_s = number_of(sound, {"duration"});
    item.preview_url = text_of(sound, {"previews", "preview-hq-ogg"});
    const std::string preference = text_of(sound, {"gen_ai_preference"});
    if (!preference.empty()) item.preferences = "gen_ai_preference=" + preference;
    add_item(page, "freesound", text_of(sound, {"id"}), item.preview_url, item);
  }
  return page;
}

void sign(const std::string& key, fetch::Request& request) {
  request.secret_header = "Authorization: Token " + key;
}

}  // namespace

const Library kFreesound = {.name = "freesound",
                            .endpoint = "https://freesound.org",
                            .limits = {{60, 60}, {2000, 86400}},
                            .needs_key = true,
                            .key_help = "https://freesound.org/apiv2/apply/",
                            .space = kSpace,
                            .page = page,
                            .read = read,
                            .sign = sign};

}  // namespace pupil::harvest
