// SPDX-License-Identifier: Apache-2.0
// Lists are worked through one by one. Searches, of whatever library, share one budget: the next page is asked where it has paid
// most. What was found by a run before is brought in first, so that the choice hangs on the catalogue alone and a run that was
// killed makes the same.

#include "harvest/harvester.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/scratch_folder.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/licences.h"
#include "fetch/download.h"
#include "harvest/hard_negatives.h"
#include "harvest/lists.h"
#include "harvest/source_harvest.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;
namespace fs = std::filesystem;

constexpr int kPreviewAttempts = 2;  // of pupil search: somebody waits for it

bool is_web(const SourceSpec& spec) {
  return spec.path.empty() && spec.csv.empty();
}

// One search for each of a class's prompts.
void add_prompts(const SoundClass& sound, std::vector<SearchWords>& searches) {
  for (const std::string& prompt : sound.prompts) searches.push_back({sound, prompt, {}, false, false});
}

// What a table searches for by words: what the report confused, its own query, or every class's prompts.
std::vector<SearchWords> worded_searches(const Project& project, const SourceSpec& spec,
                                         bool hard_negatives) {
  std::vector<SearchWords> searches;
  if (hard_negatives) {
    for (const Confusion& confusion : read_confusions(project)) add_prompts(confusion.sound, searches);
    for (SearchWords& words : searches) {
      words.label = words.sound.name;
      words.hard_negative = true;
    }
  } else if (!spec.query.empty()) {
    SoundClass sound;
    sound.name = spec.label;
    sound.prompts = {spec.query};
    searches.push_back({sound, spec.query, spec.label, false, false});
  } else {
    for (const SoundClass& sound : project.all_classes()) add_prompts(sound, searches);
  }
  return searches;
}

// One search by meaning in place of each class's several by words; a class with examples alone has one too.
std::vector<SearchWords> meant_searches(const Project& project, const Judge& judge, bool of_classes,
                                        std::vector<SearchWords> worded) {
  if (of_classes) {
    for (const SoundClass& sound : project.named_classes())
      if (sound.prompts.empty() && !sound.examples.empty()) worded.push_back({sound, {}, {}, false, false});
  }
  std::vector<SearchWords> meant;
  for (SearchWords& words : worded) {
    if (!meant.empty() && meant.back().sound.name == words.sound.name) continue;
    const std::string key = concat(judge.id(), Json(words.sound.prompts).dump(), words.sound.examples);
    words.by_meaning = true;
    words.query = concat("by meaning: ", sha256_hex(key).substr(0, 16));
    meant.push_back(std::move(words));
  }
  return meant;
}

// Why a library cannot be searched by meaning; empty: it can.
std::string meaning_fault(const Library& library, const Judge* judge) {
  if (library.space.empty()) return "cannot be searched by meaning";
  if (judge == nullptr || judge->space() != library.space)
    return concat("by = \"meaning\" needs the teacher whose space it has (", library.space,
                  "): [teacher] model = \"clap-630k-audioset-fusion\"");
  return "";
}

// All searches of one library.
struct LibrarySearch {
  std::unique_ptr<SourceHarvest> source;
  std::vector<SearchWords> searches;
};

// A page that could be asked for next.
struct Arm {
  LibrarySearch* library = nullptr;
  const SearchWords* words = nullptr;
  corpus::WebQuery query;
  double yield = 0;
};

// Accepted windows per request where results are scored, else clips. One that was never asked comes before all others.
double yield_of(corpus::Catalogue& catalogue, const corpus::WebQuery& query, bool is_scored) {
  if (query.request_count == 0) return 1e9;
  const corpus::WebYield brought = corpus::find_web_yield(catalogue, query.id);
  const std::int64_t gain = is_scored ? brought.accepted_count : brought.kept_count;
  return static_cast<double>(gain + 1) / static_cast<double>(query.request_count + brought.tried_count + 1);
}

class Planner {
 public:
  explicit Planner(const HarvestPlace& place) : place_(place) {}

  void add(const SourceSpec& spec) {
    const Library& library = find_library(spec.search);
    LibrarySearch& search = libraries_[spec.search];
    if (!search.source) {
      const Settings& settings = place_.settings;  // a missing key is said before anything is asked
      settings.signed_request(library, library.page(settings.endpoint(library), {"x", 1, {}}, {}));
      search.source = std::make_unique<SourceHarvest>(place_, spec.search, &library);
    }
    for (SearchWords& words : searches_of(spec, library)) search.searches.push_back(std::move(words));
  }

  void run() {
    for (auto& [name, library] : libraries_) library.source->work_through_pending();
    while (std::optional<Arm> arm = best_arm()) {
      const std::int64_t most = place_.project.harvest.requests;
      if (place_.clients.request_count() >= most) {
        place_.report.warnings.push_back(
            concat("the ", most, " requests of this run ([harvest] requests) are made"));
        break;
      }
      arm->library->source->ask(*arm->words, arm->query);
      arm->library->source->work_through_pending();
    }
    for (auto& [name, library] : libraries_) library.source->finish();
  }

 private:
  std::vector<SearchWords> searches_of(const SourceSpec& spec, const Library& library) {
    const bool hard_negatives = spec.hard_negatives || place_.options.hard_negatives;
    std::vector<SearchWords> worded = worded_searches(place_.project, spec, hard_negatives);
    if (spec.by != "meaning") return worded;
    const Judge* judge = place_.options.judge;
    if (const std::string fault = meaning_fault(library, judge); !fault.empty()) {
      place_.report.warnings.push_back(concat(spec.search, ": ", fault, "; it is searched by words"));
      return worded;
    }
    return meant_searches(place_.project, *judge, !hard_negatives && spec.query.empty(), std::move(worded));
  }

  std::optional<Arm> best_arm() {
    std::vector<Arm> open;
    for (auto& [name, library] : libraries_) {
      for (const SearchWords& words : library.searches) {
        if (auto query = library.source->open_query(words))
          open.push_back({&library, &words, *std::move(query), 0});
      }
    }
    if (open.empty()) return std::nullopt;
    if (open.size() == 1)
      return std::move(open.front());  // nothing to choose: counting takes as long as all items do
    for (Arm& arm : open) arm.yield = yield_of(place_.catalogue, arm.query, place_.scores.is_scoring());
    return *std::ranges::max_element(open, {}, &Arm::yield);
  }

  const HarvestPlace& place_;
  std::map<std::string, LibrarySearch> libraries_;
};

std::vector<WebItem> labelled(std::vector<WebItem> items, const SourceSpec& spec) {
  for (WebItem& item : items) {
    if (item.label.empty()) item.label = spec.label;
    item.licence_text = spec.licence;
    item.licence = corpus::licence_id(spec.licence);
    item.author = spec.author;
  }
  return items;
}

std::vector<WebItem> read_segment_file(const fs::path& file) {
  const fs::path names = file.parent_path() / "class_labels_indices.csv";
  return read_segments(read_text(file), file.string(), fs::exists(names) ? read_text(names) : std::string());
}

}  // namespace

bool names_web(const std::vector<SourceSpec>& specs) {
  return std::ranges::any_of(specs, is_web);
}

Fate fate_of(fetch::Failure failure) {
  switch (failure) {
    case fetch::Failure::gone: return Fate::gone;
    case fetch::Failure::refused: return Fate::refused;
    case fetch::Failure::limited: return Fate::pending;
    case fetch::Failure::unreachable:
    case fetch::Failure::truncated: return Fate::unreachable;
    case fetch::Failure::too_large: return Fate::too_large;
    case fetch::Failure::private_address: return Fate::private_address;
    case fetch::Failure::unusable: return Fate::unusable;
  }
  return Fate::unusable;
}

bool wants_judge(const Project& project) {
  return std::ranges::any_of(project.sources, [&](const SourceSpec& spec) {
    return !spec.search.empty() && (project.harvest.preview_score > 0 || spec.by == "meaning");
  });
}

namespace {

void work_through_list(const HarvestPlace& place, const SourceSpec& spec) {
  const fs::path& dir = place.project.dir;
  if (!spec.urls.empty()) {
    const fs::path file = dir / spec.urls;
    SourceHarvest(place, spec.urls)
        .work_through_list(labelled(read_url_list(read_text(file), file.string()), spec));
  } else if (!spec.segments.empty()) {
    SourceHarvest(place, spec.segments)
        .work_through_videos(labelled(read_segment_file(dir / spec.segments), spec));
  } else {
    WebItem item{.url = spec.video, .fetch_url = spec.video, .page_url = spec.video};
    SourceHarvest(place, "video").work_through_videos(labelled({item}, spec));
  }
}

}  // namespace

HarvestReport harvest(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                      const corpus::CollectOptions& collect_with, const Settings& settings,
                      const HarvestOptions& options) {
  HarvestReport report;
  ClientPool clients(settings.client);
  PreviewScores scores(project, options.judge);
  const HarvestPlace place{project, catalogue, store,  collect_with, settings,
                           options, clients,   scores, report};
  Planner planner(place);
  for (const SourceSpec& spec : project.sources) {
    if (!spec.search.empty())
      planner.add(spec);
    else if (is_web(spec) && !options.hard_negatives)
      work_through_list(place, spec);
  }
  planner.run();
  if (!scores.problem().empty())
    report.warnings.push_back(concat("results are not scored: ", scores.problem()));
  report.request_count = clients.request_count();
  return report;
}

std::vector<WebItem> look(const Library& library, const Settings& settings, const Search& search,
                          std::size_t most, std::int64_t& request_count) {
  fetch::Client client(settings.client);
  std::vector<WebItem> found;
  std::string cursor;
  do {
    const std::string& endpoint = settings.endpoint(library);
    const auto request = settings.signed_request(library, library.page(endpoint, search, cursor));
    Page page = library.read(endpoint, parse_json(client.get(request).text), cursor);
    found.insert(found.end(), page.items.begin(), page.items.end());
    cursor = page.next;
  } while (found.size() < most && !cursor.empty());
  if (found.size() > most) found.resize(most);
  request_count += client.request_count();
  return found;
}

std::optional<double> score_result(const Library& library, const Settings& settings, WebItem item,
                                   const Judge& judge, std::size_t class_index, std::int64_t max_bytes,
                                   std::int64_t& request_count) {
  const ScratchFolder scratch;
  const fs::path file = scratch.path() / "preview";
  fetch::Client client(settings.client);
  bool fetched = false;
  try {
    if (item.fetch_url.empty() && library.details != nullptr) {
      const std::string& endpoint = settings.endpoint(library);
      library.complete(endpoint, parse_json(client.get(library.details(endpoint, item)).text), item);
    }
    fetch::Request request{.url = item.preview_url.empty() ? item.fetch_url : item.preview_url,
                           .max_bytes = max_bytes};
    request.attempt_count = kPreviewAttempts;
    fetch::download(client, settings.signed_request(library, request), file);
    fetched = true;
  } catch (const DiskError&) {
    throw;
  } catch (const Error& error) {
    log_debug(concat(item.url, ": ", error.what()));
  }
  request_count += client.request_count();
  if (!fetched) return std::nullopt;
  const std::vector<Judgement> judgements = judge_file(judge, file);
  return judgements.empty() ? std::nullopt : std::optional(judgements[class_index].score);
}

Json harvest_report_json(const HarvestReport& report) {
  Json json;
  json.set("requests", report.request_count);
  json.set("found", report.found_count);
  json.set("scored", report.scored_count);
  json.set("added", report.added_count);
  json.set("added_s", report.added_s);
  Json fates{Json::Object()};
  for (const auto& [fate, count] : report.fates) fates.set(corpus::fate_name(fate), count);
  json.set("fates", fates);
  json.set("warnings", report.warnings);
  return json;
}

std::string harvest_report_text(const HarvestReport& report) {
  std::string text =
      concat("from the web: ", with_thousands(report.request_count), " requests, ",
             with_thousands(report.found_count), " results not known before, ",
             with_thousands(report.scored_count), " scored, ", with_thousands(report.added_count),
             " new clips (", readable_seconds(report.added_s), ")\n");
  for (const auto& [fate, count] : report.fates)
    text += concat("from the web, ", corpus::fate_name(fate), ": ", with_thousands(count), "\n");
  return text;
}

}  // namespace pupil::harvest
