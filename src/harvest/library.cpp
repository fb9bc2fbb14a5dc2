// SPDX-License-Identifier: Apache-2.0
#include "harvest/library.h"

#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "corpus/licences.h"
#include "fetch/url.h"

namespace pupil::harvest {

std::span<const Library* const> libraries() {
  static constexpr std::array<const Library*, 6> kAll = {&kFreesound, &kOpenverse, &kCommons,
                                                         &kArchive,   &kXenoCanto, &kInaturalist};
  return kAll;
}

const Library& find_library(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Library* library : libraries()) {
    if (library->name == name) return *library;
    names.push_back(library->name);
  }
  throw UsageError(concat("'", name, "' is no library that is known", did_you_mean(name, names)));
}

void add_item(Page& page, std::string_view library, const std::string& id, const std::string& audio,
              WebItem item) {
  if (id.empty()) return;
  item.url = concat(library, ":", id);
  item.fetch_url = audio;
  item.licence = corpus::licence_id(item.licence_text);
  page.items.push_back(std::move(item));
}

std::string next_number(const std::string& cursor) {
  return concat(cursor.empty() ? 2 : std::atoll(cursor.c_str()) + 1);
}

}  // namespace pupil::harvest
