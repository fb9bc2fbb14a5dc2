// SPDX-License-Identifier: Apache-2.0
// Internet Archive: a search names items, and each item's own list names its files. One item is one recording here: its
// first audio file that is not too long.

#include "base/text.h"
#include "fetch/url.h"
#include "harvest/json_fields.h"
#include "harvest/library.h"

namespace pupil::harvest {
namespace {

// Small versions that the library makes of a file, smallest first.
constexpr std::string_view kPreviewFormats[] = {"64Kbps MP3", "Ogg Vorbis", "128Kbps MP3", "VBR MP3"};
constexpr std::string_view kAudioFormats[] = {"FLAC",    "WAVE", "24bit Flac", "Ogg Vorbis",
                                              "VBR MP3", "MP3",  "128Kbps MP3"};

fetch::Request page(const std::string& endpoint, const Search& search, const std::string& cursor) {
  fetch::Request request;
  request.url = fetch::with_query(
      endpoint + "/advancedsearch.php",
      {{"q", concat("mediatype:audio AND licenseurl:*creativecommons* AND (", search.words, ")")},
       {"fl[]", "identifier,title,creator,licenseurl"},
       {"rows", "50"},
       {"page", cursor.empty() ? "1" : cursor},
       {"output", "json"}});
  return request;
}

// A creator may be several.
std::string creator_of(const Json& found) {
  std::string names = text_of(found, {"creator"});
  for (const Json& name : list_of(found, {"creator"}))
    if (name.is_string()) names += (names.empty() ? "" : ", ") + name.as_string();
  return names;
}

Page read(const std::string& endpoint, const Json& answer, const std::string& cursor) {
  Page page;
  page.total = count_of(answer, {"response", "numFound"});
  const auto& found = list_of(answer, {"response", "docs"});
  const double start = number_of(answer, {"response", "start"});
  if (!found.empty() && start + static_cast<double>(found.size()) < static_cast<double>(page.total))
    page.next = next_number(cursor);
  for (const Json& one : found) {
    const std::string id = text_of(one, {"identifier"});
    WebItem item;
    item.title = text_of(one, {"title"});
    item.author = creator_of(one);
    item.page_url = concat(endpoint, "/details/", fetch::url_encoded(id));
    item.licence_text = text_of(one, {"licenseurl"});
    add_item(page, "archive", id, "", item);
  }
  return page;
}

fetch::Request details(const std::string& endpoint, const WebItem& item) {
  fetch::Request request;
  request.url = concat(endpoint, "/metadata/", fetch::url_encoded(item.url.substr(item.url.find(':') + 1)));
  return request;
}

std::string address_of(const std::string& endpoint, const std::string& id, const Json& file) {
  return concat(endpoint, "/download/", fetch::url_encoded(id), "/",
                fetch::url_encoded(text_of(file, {"name"})));
}

// The address of the smallest version of the file `name`; empty: there is none.
std::string preview_of(const std::string& endpoint, const std::string& id, const Json& answer,
                       const std::string& name) {
  for (const std::string_view format : kPreviewFormats) {
    for (const Json& file : list_of(answer, {"files"})) {
      if (text_of(file, {"format"}) == format && text_of(file, {"original"}) == name)
        return address_of(endpoint, id, file);
    }
  }
  return "";
}

bool complete(const std::string& endpoint, const Json& answer, WebItem& item) {
  const std::string id = item.url.substr(item.url.find(':') + 1);
  for (const std::string_view format : kAudioFormats) {
    for (const Json& file : list_of(answer, {"files"})) {
      if (text_of(file, {"format"}) != format) continue;
      item.duration_s = seconds_of(text_of(file, {"length"}));
      item.fetch_url = address_of(endpoint, id, file);
      item.preview_url = preview_of(endpoint, id, answer, text_of(file, {"name"}));
      return true;
    }
  }
  return false;
}

}  // namespace

const Library kArchive = {.name = "archive",
                          .endpoint = "https://archive.org",
                          .limits = {{1, 1}},
                          .page = page,
                          .read = read,
                          .details = details,
                          .complete = complete};

}  // namespace pupil::harvest
