// SPDX-License-Identifier: Apache-2.0
// pupil search: what sound libraries have for some words. Nothing is fetched but the list.

#include <cstdio>

#include "base/table_text.h"
#include "base/text.h"
#include "commands.h"
#include "fetch/cache_folder.h"
#include "harvest/harvester.h"
#include "project/project_file.h"

namespace pupil::cli {
namespace {

struct SearchOptions {
  static constexpr std::string_view kDetails =
      "Lists results with length, licence and author. pupil collect fetches them where a [[source]] table of pupil.toml\n"
      "has search = \"openverse\" or another library (docs/collect.md).";

  std::string words;
  std::vector<std::string> in = {"openverse"};
  std::string project;
  std::int64_t most = 20;
  double seconds = 60;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("WORDS", words, "what to look for");
    v.list("--in", "LIBRARY", in, "freesound, openverse, commons, archive, xeno_canto, inaturalist");
    v.value("--project", "DIR", project, "whose [harvest] section counts (contact, keys)");
    v.value("--most", "N", most, Range{1, 10000}, "results of each library");
    v.value("--seconds", "S", seconds, Range{0.1, 36000}, "longest recording, where the library can be told");
    v.flag("--json", json, "machine-readable output");
  }
};

// "--in freesound,openverse" as well as "--in freesound openverse".
std::vector<std::string> names_of(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (std::string_view rest : words) {
    while (!rest.empty()) {
      const std::size_t end = rest.find(',');
      names.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  return names;
}

Json item_json(std::string_view library, const corpus::WebItem& item) {
  Json json;
  json.set("library", library);
  json.set("title", item.title);
  json.set("seconds", item.duration_s);
  json.set("licence", item.licence);
  json.set("author", item.author);
  json.set("url", item.page_url);
  json.set("preferences", item.preferences);
  return json;
}

void print_item(const corpus::WebItem& item) {
  const std::string length = item.duration_s > 0 ? fixed(item.duration_s, 1) + " s" : "?";
  std::printf("%s  %s  %s  %s\n", right_aligned(length, 9).c_str(), left_aligned(item.licence, 16).c_str(),
              left_aligned(item.author, 20).c_str(), item.title.c_str());
}

}  // namespace

int run_search(const Command& command, Arguments arguments) {
  const SearchOptions options = parse_options<SearchOptions>(command, arguments);
  const Project project = options.project.empty() ? Project() : load_project(options.project);
  const harvest::Settings settings =
      harvest::read_settings(project.harvest, project.dir, fetch::cache_folder());
  Json rows{Json::Array()};
  for (const std::string& name : names_of(options.in)) {
    const harvest::Library& library = harvest::find_library(name);
    for (const corpus::WebItem& item : harvest::look(library, settings, {options.words, options.seconds},
                                                     static_cast<std::size_t>(options.most))) {
      if (options.json)
        rows.push_back(item_json(name, item));
      else
        print_item(item);
    }
  }
  if (options.json) std::printf("%s\n", rows.dump(2).c_str());
  return 0;
}

}  // namespace pupil::cli
