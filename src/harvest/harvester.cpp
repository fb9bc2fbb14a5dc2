// SPDX-License-Identifier: Apache-2.0
// 1. Items are noted in the transaction that moves the search's cursor on: a page is either known or asked for again.
// 2. Items are fetched into DIR/harvest, collected and settled in blocks of 64 ids, in order. A block ends at the same id
//    however often it was begun, and whether a class has enough is asked of what was before the block: so a run that was
//    killed comes to the same clips.
// 3. A fetched file goes when the store has its sound. Whatever is in DIR/harvest and belongs to no pending item is removed
//    at the beginning.

#include "harvest/harvester.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/ordered_work.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/licences.h"
#include "fetch/download.h"
#include "fetch/url.h"
#include "harvest/lists.h"
#include "harvest/video.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;
namespace fs = std::filesystem;

constexpr std::int64_t kBlock = 64;
// Fewer than a search gets: a file that is unreachable now is tried again by the next collect, and many would hold up all.
constexpr int kFileAttempts = 3;
constexpr double kLongestVideoS = 4 * 3600;
constexpr std::string_view kParts[] = {".part", ".part.tag"};

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(concat(file.string(), ": cannot be read"));
  return {std::istreambuf_iterator<char>(in), {}};
}

// Clients that are not in use, each with its open connections.
class ClientPool {
 public:
  explicit ClientPool(const fetch::ClientOptions& options) : options_(options) {}

  template <typename Work>
  auto with_client(Work&& work) {
    std::unique_ptr<fetch::Client> client = take();
    const std::int64_t before = client->request_count();
    struct Return {
      ClientPool& pool;
      std::unique_ptr<fetch::Client>& client;
      std::int64_t before;
      ~Return() { pool.give(std::move(client), before); }
    } back{*this, client, before};
    return work(*client);
  }

  std::int64_t request_count() {
    const std::lock_guard lock(mutex_);
    return request_count_;
  }

 private:
  std::unique_ptr<fetch::Client> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<fetch::Client>(options_);
    auto client = std::move(free_.back());
    free_.pop_back();
    return client;
  }
  void give(std::unique_ptr<fetch::Client> client, std::int64_t before) {
    const std::lock_guard lock(mutex_);
    request_count_ += client->request_count() - before;
    free_.push_back(std::move(client));
  }

  const fetch::ClientOptions& options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<fetch::Client>> free_;
  std::int64_t request_count_ = 0;
};

// What came of fetching one item.
struct Fetched {
  fs::path file;  // empty: see fate
  Fate fate = Fate::pending;
  std::string detail;
  bool stop = false;  // the host takes no more requests for long: the item stays pending
};

// Words of one class for one library.
struct Arm {
  corpus::WebQuery query;
  double yield = 0;
};

class SourceHarvest {
 public:
  SourceHarvest(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                const corpus::CollectOptions& collect_with, const Settings& settings,
                const HarvestOptions& options, ClientPool& clients, HarvestReport& report, std::string name)
      : project_(project),
        catalogue_(catalogue),
        store_(store),
        collect_with_(collect_with),
        settings_(settings),
        options_(options),
        clients_(clients),
        report_(report),
        name_(std::move(name)),
        folder_(project.dir / "harvest" / sha256_hex(name_).substr(0, 16)) {
    corpus::Transaction transaction(catalogue_);
    source_id_ = corpus::web_source(catalogue_, name_);
    corpus::settle_web_items(catalogue_, source_id_);
    corpus::retry_unreachable(catalogue_, source_id_);
    transaction.commit();
    remove_strays();
  }

  void work_through_list(std::vector<WebItem> items) {
    note(std::move(items), {});
    work_through_pending();
    finish();
  }

  void search(const Library& library, const std::vector<std::pair<std::string, std::string>>& words) {
    library_ = &library;
    settings_.signed_request(
        library, library.page(settings_.endpoint(library), {"x"}, {}));  // a missing key is said first
    work_through_pending();
    while (!stopped_) {
      auto arm = best_arm(words);
      if (!arm) break;
      if (clients_.request_count() >= project_.harvest.requests) {
        stop(
            concat("the ", project_.harvest.requests, " requests of this run ([harvest] requests) are made"));
        break;
      }
      if (!ask(arm->query)) break;
      work_through_pending();
    }
    finish();
  }

 private:
  bool has_enough(const std::string& class_name, std::int64_t before_id) const {
    const HarvestSection& want = project_.harvest;
    const bool wanted = want.recordings > 0 || want.authors > 0;
    if (class_name.empty() || (want.clips <= 0 && want.hours <= 0 && !wanted)) return false;
    const corpus::WebCount has = corpus::count_web_clips(catalogue_, class_name, before_id);
    return (want.clips > 0 && has.clip_count >= want.clips) ||
           (want.hours > 0 && has.duration_s >= 3600 * want.hours) ||
           (wanted && has.recording_count >= want.recordings && has.author_count >= want.authors);
  }

  // Most clips per request first; one that was never asked comes before all others.
  std::optional<Arm> best_arm(const std::vector<std::pair<std::string, std::string>>& words) {
    std::vector<Arm> open;
    for (const auto& [class_name, query] : words) {
      if (has_enough(class_name, std::numeric_limits<std::int64_t>::max())) continue;
      Arm arm{corpus::find_web_query(catalogue_, source_id_, class_name, query), 1e9};
      if (!arm.query.finished) open.push_back(std::move(arm));
    }
    if (open.empty()) return std::nullopt;
    if (open.size() == 1)
      return std::move(open.front());  // nothing to choose: counting takes as long as all items do
    for (Arm& arm : open) {
      if (arm.query.request_count > 0) arm.yield = yield_of(arm.query.class_name, arm.query);
    }
    return *std::ranges::max_element(open, {}, &Arm::yield);
  }

  double yield_of(const std::string& class_name, const corpus::WebQuery& query) const {
    std::int64_t tried = 0, kept = 0;
    for (const auto& [fate, count] : corpus::count_fates(catalogue_, source_id_, class_name)) {
      const bool cost_nothing = fate == Fate::licence || fate == Fate::too_long || fate == Fate::pending;
      if (!cost_nothing) tried += count;
      if (fate == Fate::kept) kept += count;
    }
    return static_cast<double>(kept + 1) / static_cast<double>(query.request_count + tried + 1);
  }

  // One page; false: the library takes no more questions.
  bool ask(corpus::WebQuery& query) {
    const std::string& endpoint = settings_.endpoint(*library_);
    const Search search{query.query, project_.harvest.max_duration_s};
    Page page;
    try {
      const auto request =
          settings_.signed_request(*library_, library_->page(endpoint, search, query.cursor));
      const fetch::Body body =
          clients_.with_client([&](fetch::Client& client) { return client.get(request); });
      page = with_context(request.url,
                          [&] { return library_->read(endpoint, parse_json(body.text), query.cursor); });
    } catch (const fetch::FetchError& error) {
      return stop(error.what());
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {  // an answer that is no JSON
      return stop(error.what());
    }
    for (WebItem& item : page.items) item.class_name = query.class_name;
    query.cursor = page.next;
    query.finished = page.next.empty();
    ++query.request_count;
    query.result_count += std::ssize(page.items);
    note(std::move(page.items), query);
    return true;
  }

  bool stop(const std::string& why) {
    report_.warnings.push_back(concat(name_, ": ", why));
    stopped_ = true;
    return false;
  }

  bool is_ours(const WebItem& item) const {
    std::uint32_t hash = 0;
    const std::string digits = sha256_hex(item.url).substr(0, 8);
    std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
    return hash % options_.shard.count == options_.shard.index;
  }

  // What can be told before anything is fetched.
  void judge(WebItem& item) const {
    const double length_s = item.end_s > 0 ? item.end_s - item.begin_s : item.duration_s;
    if (!corpus::is_allowed(item.licence, project_.licence.allow)) {
      item.fate = Fate::licence;
      item.detail = item.licence_text.empty() ? "not stated" : item.licence_text;
    } else if (length_s > project_.harvest.max_duration_s) {
      item.fate = Fate::too_long;
      item.detail = concat(fixed(length_s, 1), " s");
    }
  }

  void note(std::vector<WebItem> items, const std::optional<corpus::WebQuery>& query) {
    corpus::Transaction transaction(catalogue_);
    for (WebItem& item : items) {
      if (!is_ours(item)) continue;
      judge(item);
      if (!corpus::add_web_item(catalogue_, source_id_, item)) continue;
      ++report_.found_count;
      if (item.fate != Fate::pending) ++report_.fates[item.fate];
    }
    if (query) corpus::set_web_query(catalogue_, *query);
    transaction.commit();
  }

  void work_through_pending() {
    std::int64_t from = 0;
    while (!stopped_) {
      const auto first = corpus::pending_web_items(catalogue_, source_id_, from,
                                                   std::numeric_limits<std::int64_t>::max(), 1);
      if (first.empty()) return;
      const std::int64_t begin = (first[0].id - 1) / kBlock * kBlock + 1;
      from = begin + kBlock;
      auto block = corpus::pending_web_items(catalogue_, source_id_, begin, from, kBlock);
      std::map<std::string, bool> enough;
      std::erase_if(block, [&](const WebItem& item) {
        const auto [known, is_new] = enough.try_emplace(item.class_name, false);
        if (is_new) known->second = has_enough(item.class_name, begin);
        return known->second;
      });
      if (!block.empty()) fetch_block(block);
    }
  }

  void fetch_block(const std::vector<WebItem>& block) {
    corpus::Source source{name_, "web", {}, {}, {}};
    std::vector<std::pair<const WebItem*, Fetched>> lost;
    {
      OrderedWork<Fetched> work(
          std::ssize(block), block[0].end_s > 0 || is_video_ ? 1 : options_.download_count,
          [&](std::int64_t i) { return fetch_item(block[static_cast<std::size_t>(i)]); });
      for (const WebItem& item : block) {
        Fetched fetched = work.take();
        if (!fetched.file.empty())
          source.items.push_back(source_item(item, fetched.file));
        else
          lost.emplace_back(&item, std::move(fetched));
      }
    }
    if (!source.items.empty()) {
      const corpus::CollectReport collected = corpus::collect(catalogue_, store_, {source}, collect_with_);
      report_.added_count += collected.added_count;
      report_.added_s += collected.added_s;
    }
    settle(lost);
    for (const corpus::SourceItem& item : source.items) remove_file(item.file);
  }

  void settle(const std::vector<std::pair<const WebItem*, Fetched>>& lost) {
    corpus::Transaction transaction(catalogue_);
    corpus::settle_web_items(catalogue_, source_id_);
    for (const auto& [item, fetched] : lost) {
      if (fetched.stop && !stopped_) stop(fetched.detail);
      if (fetched.stop) continue;
      corpus::set_fate(catalogue_, item->id, fetched.fate, fetched.detail);
      ++report_.fates[fetched.fate];
    }
    transaction.commit();
  }

  corpus::SourceItem source_item(const WebItem& item, const fs::path& file) const {
    corpus::SourceItem found;
    found.path = item.url;
    found.file = file;
    found.author = item.author;
    found.licence = item.licence;
    found.attribution_url = item.page_url;
    found.recording = item.recording;
    std::string_view labels = item.label;
    while (!labels.empty()) {
      const std::size_t end = labels.find('\n');
      found.given.push_back({std::string(labels.substr(0, end)), {}, {}});
      labels.remove_prefix(end == std::string_view::npos ? labels.size() : end + 1);
    }
    return found;
  }

  fs::path file_of(const WebItem& item) const { return folder_ / sha256_hex(item.url).substr(0, 32); }

  Fetched fetch_item(const WebItem& item) const {
    const fs::path file = file_of(item);
    if (fs::exists(file)) return {file};  // whole: fetched before a kill
    try {
      return is_video_ ? fetch_stretch(item, file) : fetch_file(item, file);
    } catch (const fetch::FetchError& error) {
      if (error.failure() == fetch::Failure::limited) return {{}, Fate::pending, error.what(), true};
      return {{}, fate_of(error.failure()), error.what()};
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {  // no JSON, cannot be cut
      return {{}, Fate::unusable, error.what()};
    }
  }

  Fetched fetch_file(WebItem item, const fs::path& file) const {
    if (library_ != nullptr && item.fetch_url.empty() && library_->details != nullptr) {
      if (!take_details(item)) return {{}, Fate::not_audio, "no audio file is in it"};
      judge(item);
      if (item.fate != Fate::pending) return {{}, item.fate, item.detail};
    }
    if (item.fetch_url.empty()) return {{}, Fate::refused, "the library gives no address of its audio"};
    fetch::Request request{.url = item.fetch_url, .max_bytes = project_.harvest.max_megabytes * 1'000'000};
    request.attempt_count = kFileAttempts;
    if (library_ != nullptr) request = settings_.signed_request(*library_, std::move(request));
    clients_.with_client([&](fetch::Client& client) { return fetch::download(client, request, file); });
    return {file};
  }

  bool take_details(WebItem& item) const {
    const std::string& endpoint = settings_.endpoint(*library_);
    const fetch::Request request = library_->details(endpoint, item);
    const fetch::Body body = clients_.with_client([&](fetch::Client& client) { return client.get(request); });
    return library_->complete(endpoint, parse_json(body.text), item);
  }

  VideoOptions video_options() const {
    return {project_.harvest.yt_dlp, folder_ / "videos", kLongestVideoS, project_.harvest.max_megabytes};
  }

  // Several stretches of a video come from one download.
  Fetched fetch_stretch(const WebItem& item, const fs::path& file) const {
    if (item.fetch_url != video_url_) {
      video_ = fetch_video(video_options(), item.fetch_url);
      video_url_ = item.fetch_url;
    }
    if (video_.file.empty()) return {{}, video_.fate, video_.detail};
    cut_recording(video_.file, item.begin_s, item.end_s, file);
    return {file};
  }

 public:
  void work_through_videos(std::vector<WebItem> items) {
    is_video_ = true;
    check_video_program(video_options());
    // Videos that were half used when a run ended are fetched again.
    std::error_code ignored;
    fs::remove_all(folder_ / "videos", ignored);
    work_through_list(std::move(items));
  }

 private:
  void remove_strays() const {
    make_folders(folder_);
    std::set<std::string> wanted;
    for (const WebItem& item :
         corpus::pending_web_items(catalogue_, source_id_, 0, std::numeric_limits<std::int64_t>::max(), -1)) {
      const std::string name = file_of(item).filename().string();
      wanted.insert(name);
      for (const std::string_view part : kParts) wanted.insert(concat(name, part));
    }
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.is_regular_file() && !wanted.contains(entry.path().filename().string()))
        remove_file(entry.path());
    }
  }

  void finish() const {
    if (!corpus::pending_web_items(catalogue_, source_id_, 0, std::numeric_limits<std::int64_t>::max(), 1)
             .empty())
      return;
    std::error_code ignored;  // whatever stays goes the next time
    fs::remove_all(folder_, ignored);
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::Store& store_;
  const corpus::CollectOptions& collect_with_;
  const Settings& settings_;
  const HarvestOptions& options_;
  ClientPool& clients_;
  HarvestReport& report_;
  const std::string name_;
  const fs::path folder_;
  std::int64_t source_id_ = 0;
  const Library* library_ = nullptr;
  bool is_video_ = false;
  bool stopped_ = false;
  mutable std::string video_url_;  // of video_; used by one thread
  mutable Video video_;
};

bool is_web(const SourceSpec& spec) {
  return spec.path.empty() && spec.csv.empty();
}

// The library's query of every class, or the table's own.
std::vector<std::pair<std::string, std::string>> words_of(const Project& project, const SourceSpec& spec) {
  if (!spec.query.empty()) return {{spec.label, spec.query}};
  std::vector<std::pair<std::string, std::string>> words;
  for (const SoundClass& sound : project.all_classes())
    for (const std::string& prompt : sound.prompts) words.emplace_back(sound.name, prompt);
  return words;
}

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

HarvestReport harvest(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                      const corpus::CollectOptions& collect_with, const Settings& settings,
                      const HarvestOptions& options) {
  HarvestReport report;
  ClientPool clients(settings.client);
  for (const SourceSpec& spec : project.sources) {
    if (!is_web(spec)) continue;
    const auto source = [&](const std::string& name) {
      return SourceHarvest(project, catalogue, store, collect_with, settings, options, clients, report, name);
    };
    if (!spec.search.empty()) {
      source(spec.search).search(find_library(spec.search), words_of(project, spec));
    } else if (!spec.urls.empty()) {
      const fs::path file = project.dir / spec.urls;
      source(spec.urls).work_through_list(labelled(read_url_list(read_text(file), file.string()), spec));
    } else if (!spec.segments.empty()) {
      source(spec.segments)
          .work_through_videos(labelled(read_segment_file(project.dir / spec.segments), spec));
    } else {
      WebItem item{.url = spec.video, .fetch_url = spec.video, .page_url = spec.video};
      source("video").work_through_videos(labelled({item}, spec));
    }
  }
  report.request_count = clients.request_count();
  return report;
}

std::vector<WebItem> look(const Library& library, const Settings& settings, const Search& search,
                          std::size_t most) {
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
  return found;
}

Json harvest_report_json(const HarvestReport& report) {
  Json json;
  json.set("requests", report.request_count);
  json.set("found", report.found_count);
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
             with_thousands(report.added_count), " new clips (", readable_seconds(report.added_s), ")\n");
  for (const auto& [fate, count] : report.fates)
    text += concat("from the web, ", corpus::fate_name(fate), ": ", with_thousands(count), "\n");
  return text;
}

}  // namespace pupil::harvest
