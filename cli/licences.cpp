// SPDX-License-Identifier: Apache-2.0
// pupil licences: whose recordings a project uses and under what terms.

#include <cstdio>

#include "base/text.h"
#include "commands.h"
#include "corpus/clips.h"
#include "corpus/licences.h"

namespace pupil::cli {
namespace {

struct LicencesOptions {
  std::string dir;
  bool attribution = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project");
    v.flag("--attribution", attribution,
           "the notice to ship with the model: title, author, licence, address");
    v.flag("--json", json, "machine-readable output");
  }
};

Json attributions_json(const std::vector<corpus::Attribution>& rows) {
  Json list{Json::Array()};
  for (const corpus::Attribution& row : rows) {
    Json one;
    one.set("licence", row.licence);
    one.set("author", row.author);
    one.set("source", row.source);
    one.set("url", row.attribution_url);
    one.set("clips", row.clip_count);
    one.set("hours", row.duration_s / 3600.0);
    list.push_back(one);
  }
  return list;
}

// One block per licence, one line per author and place.
void print_attributions(const std::vector<corpus::Attribution>& rows) {
  const corpus::Attribution* last = nullptr;
  for (const corpus::Attribution& row : rows) {
    if (last == nullptr || last->licence != row.licence) {
      std::printf("%s%s\n", last == nullptr ? "" : "\n",
                  row.licence.empty() ? "(licence not stated)" : row.licence.c_str());
    }
    last = &row;
    std::string line = row.author.empty() ? "author not stated" : row.author;
    if (!row.attribution_url.empty()) line += ", " + row.attribution_url;
    std::printf("  %s: %s clips, from %s\n", line.c_str(), with_thousands(row.clip_count).c_str(),
                row.source.c_str());
  }
}

// What CC BY asks for: author, licence with its address, where the recording is.
std::string licence_line(const std::string& licence) {
  const std::string id = corpus::licence_id(licence);
  if (id.empty()) return "licence not stated";
  if (id == "LicenseRef-unknown") return licence;
  if (id == "CC0-1.0") return id + " (https://creativecommons.org/publicdomain/zero/1.0/)";
  if (!id.starts_with("CC-") || id.find_first_of("0123456789") == std::string::npos) return id;
  const std::size_t version = id.rfind('-');
  const std::string terms = lower_case(id.substr(3, version - 3));
  return concat(id, " (https://creativecommons.org/licenses/", terms, "/", id.substr(version + 1), "/)");
}

void print_notice(const std::vector<corpus::Attribution>& rows) {
  std::printf(
      "This model was trained with recordings by the following people, which were cut and resampled.\n\n");
  for (const corpus::Attribution& row : rows) {
    const std::string& place = row.attribution_url.empty() ? row.source : row.attribution_url;
    std::printf("%s: %s, %s\n", row.author.empty() ? "author not stated" : row.author.c_str(), place.c_str(),
                licence_line(row.licence).c_str());
  }
}

}  // namespace

int run_licences(const Command& command, Arguments arguments) {
  const LicencesOptions options = parse_options<LicencesOptions>(command, arguments);
  auto catalogue = corpus::Catalogue::open_to_look(options.dir);
  const auto rows = corpus::list_attributions(catalogue);
  if (options.attribution) {
    print_notice(rows);
  } else if (options.json) {
    std::printf("%s\n", attributions_json(rows).dump(2).c_str());
  } else {
    print_attributions(rows);
  }
  return 0;
}

}  // namespace pupil::cli
