// SPDX-License-Identifier: Apache-2.0
// pupil search: what sound libraries have for some words. Nothing is fetched but the list, and previews to score (--scores),
// which are not kept.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/scratch_folder.h"
#include "base/table_text.h"
#include "base/text.h"
#include "commands.h"
#include "fetch/cache_folder.h"
#include "harvest/harvester.h"
#include "harvest_judge.h"
#include "project/project_file.h"

namespace pupil::cli {
namespace {

struct SearchOptions {
  static constexpr std::string_view kDetails =
      "Lists results with length, licence and author. pupil collect fetches them where a [[source]] table of pupil.toml\n"
      "has search = \"openverse\" or another library (docs/collect.md).\n"
      "--scores fetches each result's preview (the file where a library has none), a request or two each, and prints the\n"
      "probability that the teacher gives the words: that of --project, or clap-nano.";

  std::string words;
  std::vector<std::string> in = {"openverse"};
  std::string project;
  std::int64_t most = 20;
  double seconds = 60;
  bool scores = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("WORDS", words, "what to look for");
    v.list("--in", "LIBRARY", in, "freesound, openverse, commons, archive, xeno_canto, inaturalist");
    v.value("--project", "DIR", project, "whose [harvest] section counts (contact, keys)");
    v.value("--most", "N", most, Range{1, 10000}, "results of each library");
    v.value("--seconds", "S", seconds, Range{0.1, 36000}, "longest recording, where the library can be told");
    v.flag("--scores", scores, "the teacher's score of each result in front; costs a download each");
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

// The project's class that has these words as name or prompt, else one of these words alone beside the project's own.
std::size_t add_class(const std::string& words, Project& project) {
  const auto means = [&](const SoundClass& sound) {
    return sound.name == words || std::ranges::find(sound.prompts, words) != sound.prompts.end();
  };
  const auto known = std::ranges::find_if(project.classes, means);
  const auto index = static_cast<std::size_t>(known - project.classes.begin());
  if (known != project.classes.end()) return index;
  SoundClass sound;
  sound.name = words;
  sound.prompts = {words};
  project.classes.push_back(sound);
  return index;
}

// Scores results of one search. Models are looked up in a catalogue of its own: nothing is written to a project.
class Scorer {
 public:
  Scorer(Project project, const std::string& words)
      : class_index_(add_class(words, project)),
        max_bytes_(project.harvest.max_megabytes * 1'000'000),
        catalogue_(corpus::Catalogue::create(scratch_.path())),
        judge_(find_judge(project, catalogue_)) {
    if (judge_) judge_->load();
  }

  std::optional<double> score(const harvest::Library& library, const harvest::Settings& settings,
                              const corpus::WebItem& item, std::int64_t& request_count) const {
    if (!judge_) return std::nullopt;
    return harvest::score_result(library, settings, item, *judge_, class_index_, max_bytes_, request_count);
  }

 private:
  ScratchFolder scratch_;
  std::size_t class_index_;
  std::int64_t max_bytes_;
  corpus::Catalogue catalogue_;
  std::unique_ptr<harvest::Judge> judge_;
};

Json item_json(std::string_view library, const corpus::WebItem& item, std::optional<double> score) {
  Json json;
  json.set("library", library);
  json.set("title", item.title);
  json.set("seconds", item.duration_s);
  json.set("licence", item.licence);
  json.set("author", item.author);
  json.set("url", item.page_url);
  json.set("preferences", item.preferences);
  if (score) json.set("score", *score);
  return json;
}

void print_item(const corpus::WebItem& item, bool scored, std::optional<double> score) {
  if (scored) std::printf("%s  ", right_aligned(score ? fixed(*score, 2) : "-", 5).c_str());
  const std::string length = item.duration_s > 0 ? fixed(item.duration_s, 1) + " s" : "?";
  std::printf("%s  %s  %s  %s\n", right_aligned(length, 9).c_str(), left_aligned(item.licence, 16).c_str(),
              left_aligned(item.author, 20).c_str(), item.title.c_str());
}

}  // namespace

int run_search(const Command& command, Arguments arguments) {
  const SearchOptions options = parse_options<SearchOptions>(command, arguments);
  if (options.scores && !has_teachers()) return run_forge(command, arguments);
  const Project project = options.project.empty() ? Project() : load_project(options.project);
  const harvest::Settings settings =
      harvest::read_settings(project.harvest, project.dir, fetch::cache_folder());
  std::optional<Scorer> scorer;
  if (options.scores) scorer.emplace(project, options.words);
  Json rows{Json::Array()};
  std::int64_t list_requests = 0, preview_requests = 0;
  for (const std::string& name : names_of(options.in)) {
    const harvest::Library& library = harvest::find_library(name);
    for (const corpus::WebItem& item : harvest::look(library, settings, {options.words, options.seconds, {}},
                                                     static_cast<std::size_t>(options.most), list_requests)) {
      std::optional<double> score;
      if (scorer) score = scorer->score(library, settings, item, preview_requests);
      if (options.json)
        rows.push_back(item_json(name, item, score));
      else
        print_item(item, options.scores, score);
    }
  }
  if (options.json) std::printf("%s\n", rows.dump(2).c_str());
  if (scorer)
    log_info(concat(with_thousands(list_requests), " requests for lists, ", with_thousands(preview_requests),
                    " for previews"));
  return 0;
}

}  // namespace pupil::cli
