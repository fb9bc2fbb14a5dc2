// SPDX-License-Identifier: Apache-2.0
// Wikimedia Commons: MediaWiki's search among files. Asks for a user agent with a contact ([harvest] contact).

#include <cctype>

#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

// Authors come as a piece of a page: "<a href=...>Ann</a>".
std::string without_tags(const std::string& html) {
  std::string text;
  bool within = false;
  for (const char c : html) {
    if (c == '<') within = true;
    if (!within) text += std::iscntrl(static_cast<unsigned char>(c)) ? ' ' : c;
    if (c == '>') within = false;
  }
  return text;
}

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  fetch::Request request;
  request.url = fetch::with_query(endpoint + "/w/api.php", {{"action", "query"},
                                                            {"format", "json"},
                                                            {"generator", "search"},
                                                            {"gsrsearch", search.words + " filetype:audio"},
                                                            {"gsrnamespace", "6"},
                                                            {"gsrlimit", "50"},
                                                            {"gsroffset", cursor.empty() ? "0" : cursor},
                                                            {"prop", "imageinfo"},
                                                            {"iiprop", "url|mime|size|sha1|extmetadata"}});
  return request;
}

WebItem read_file(const Json& file, const Json& info) {
  WebItem item;
  item.title = text_of(file, {"title"});
  item.author = without_tags(text_of(info, {"extmetadata", "Artist", "value"}));
  item.page_url = text_of(info, {"descriptionurl"});
  item.licence_text = text_of(info, {"extmetadata", "LicenseShortName", "value"});
  if (item.licence_text.empty()) item.licence_text = text_of(info, {"extmetadata", "LicenseUrl", "value"});
  item.duration_s = number_of(info, {"duration"});
  return item;
}

// The pages are an object by their ids, in no order: `index` has the search's.
Page read(const std::string&, const Json& answer, const std::string&) {
  Page page;
  page.next = text_of(answer, {"continue", "gsroffset"});
  const Json& pages = field(answer, {"query", "pages"});
  if (!pages.is_object()) return page;
  std::multimap<double, const Json*> in_order;
  for (const auto& [id, file] : pages.as_object()) in_order.emplace(number_of(file, {"index"}), &file);
  for (const auto& [index, file] : in_order) {
    for (const Json& info : list_of(*file, {"imageinfo"}))
      add_item(page, "commons", text_of(*file, {"pageid"}), text_of(info, {"url"}), read_file(*file, info));
  }
  return page;
}

}  // namespace

const Library kCommons = {.name = "commons",
                          .endpoint = "https://commons.wikimedia.org",
                          .limits = {{1, 1}},
                          .page = page,
                          .read = read};

}  // namespace pupil::harvest
