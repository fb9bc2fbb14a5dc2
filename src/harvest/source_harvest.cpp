// SPDX-License-Identifier: Apache-2.0
// 1. Items are noted in the transaction that moves the search's cursor on: a page is either known or asked for again.
// 2. Items are fetched into DIR/harvest, collected and settled in blocks of 64 ids, in order. A block ends at the same id
//    however often it was begun, and whether a class has enough is asked of what was before the block: so a run that was
//    killed comes to the same clips.
// 3. A block goes through three passes: addresses that a request of their own tells, previews, files. What a pass has
//    found out (an address, a score) is in the catalogue before the next item, so no pass asks twice. Only this thread
//    judges and writes; the others fetch.
// 4. A fetched file goes when the store has its sound, a preview when it is scored. Whatever is in DIR/harvest and belongs to
//    no pending item is removed at the beginning.

#include "harvest/source_harvest.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/file_system.h"
#include "base/ordered_work.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/licences.h"
#include "fetch/download.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;
namespace fs = std::filesystem;

constexpr std::int64_t kBlock = 64;
constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();
// Fewer than a search gets: a file that is unreachable now is tried again by the next collect, and many would hold up all.
constexpr int kFileAttempts = 3;
constexpr double kLongestVideoS = 4 * 3600;
constexpr double kAnyScore = 2;  // above all probabilities
constexpr std::string_view kPreview = ".preview";
constexpr std::string_view kParts[] = {"", ".part", ".part.tag"};

}  // namespace

SourceHarvest::SourceHarvest(const HarvestPlace& place, std::string name, const Library* library)
    : place_(place),
      name_(std::move(name)),
      folder_(place.project.dir / "harvest" / sha256_hex(name_).substr(0, 16)),
      library_(library) {
  const HarvestSection& section = place_.project.harvest;
  corpus::Transaction transaction(place_.catalogue);
  source_id_ = corpus::web_source(place_.catalogue, name_);
  corpus::settle_web_items(place_.catalogue, source_id_);
  corpus::retry_unreachable(place_.catalogue, source_id_);
  const Judge* judge = place_.options.judge;
  if (section.preview_score == 0)
    corpus::retry_wrong_class(place_.catalogue, source_id_, "", 0, kAnyScore);
  else if (judge != nullptr)
    corpus::retry_wrong_class(place_.catalogue, source_id_, judge->id(), section.preview_score,
                              place_.project.label.accept);
  transaction.commit();
  remove_strays();
}

void SourceHarvest::work_through_list(std::vector<WebItem> items) {
  note(std::move(items), {});
  work_through_pending();
  finish();
}

void SourceHarvest::work_through_videos(std::vector<WebItem> items) {
  is_video_ = true;
  check_video_program(video_options());
  // All stretches of a video behind one another, so that it comes once and goes when they are cut.
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < items.size(); ++i) first.try_emplace(items[i].fetch_url, i);
  std::ranges::stable_sort(items, {}, [&](const WebItem& item) { return first.at(item.fetch_url); });
  work_through_list(std::move(items));
}

bool SourceHarvest::has_enough(const std::string& class_name, std::int64_t before_id) const {
  const HarvestSection& want = place_.project.harvest;
  const bool wanted = want.recordings > 0 || want.authors > 0 || want.devices > 0;
  if (class_name.empty() || (want.clips <= 0 && want.hours <= 0 && !wanted)) return false;
  const corpus::WebCount has = corpus::count_web_clips(place_.catalogue, class_name, before_id);
  return (want.clips > 0 && has.clip_count >= want.clips) ||
         (want.hours > 0 && has.duration_s >= 3600 * want.hours) ||
         (wanted && has.recording_count >= want.recordings && has.author_count >= want.authors &&
          has.device_count >= want.devices);
}

std::optional<corpus::WebQuery> SourceHarvest::open_query(const SearchWords& words) {
  if (stopped_ || has_enough(words.sound.name, kNoEnd)) return std::nullopt;
  corpus::WebQuery query =
      corpus::find_web_query(place_.catalogue, source_id_, words.sound.name, words.query);
  if (query.finished) return std::nullopt;
  return query;
}

void SourceHarvest::ask(const SearchWords& words, corpus::WebQuery& query) {
  Page page;
  try {
    page = ask_page(words, query);
  } catch (const DiskError&) {
    throw;
  } catch (const Error& error) {  // refused, limited, or an answer that is no JSON
    return stop(error.what());
  }
  for (WebItem& item : page.items) {
    item.class_name = words.sound.name;
    item.label = words.label;
    item.hard_negative = words.hard_negative;
    item.query_id = query.id;
  }
  query.cursor = page.next;
  query.finished = page.next.empty();
  ++query.request_count;
  query.result_count += std::ssize(page.items);
  note(std::move(page.items), query);
}

Page SourceHarvest::ask_page(const SearchWords& words, const corpus::WebQuery& query) {
  const std::string& endpoint = place_.settings.endpoint(*library_);
  Search search{words.query, place_.project.harvest.max_duration_s, {}};
  if (words.by_meaning) {
    place_.options.judge->load();
    search.direction = place_.options.judge->direction(words.sound);
  }
  const fetch::Request request =
      place_.settings.signed_request(*library_, library_->page(endpoint, search, query.cursor));
  const fetch::Body body =
      place_.clients.with_client([&](fetch::Client& client) { return client.get(request); });
  return with_context(request.url,
                      [&] { return library_->read(endpoint, parse_json(body.text), query.cursor); });
}

void SourceHarvest::stop(const std::string& why) {
  if (!stopped_) place_.report.warnings.push_back(concat(name_, ": ", why));
  stopped_ = true;
}

bool SourceHarvest::is_ours(const WebItem& item) const {
  std::uint32_t hash = 0;
  const std::string digits = sha256_hex(item.url).substr(0, 8);
  std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  return hash % place_.options.shard.count == place_.options.shard.index;
}

// What can be told before anything is fetched.
void SourceHarvest::judge_by_words(WebItem& item) const {
  const double length_s = item.end_s > 0 ? item.end_s - item.begin_s : item.duration_s;
  if (!corpus::is_allowed(item.licence, place_.project.licence.allow)) {
    item.fate = Fate::licence;
    item.detail = item.licence_text.empty() ? "not stated" : item.licence_text;
  } else if (length_s > place_.project.harvest.max_duration_s) {
    item.fate = Fate::too_long;
    item.detail = concat(fixed(length_s, 1), " s");
  }
}

void SourceHarvest::note(std::vector<WebItem> items, const std::optional<corpus::WebQuery>& query) {
  corpus::Transaction transaction(place_.catalogue);
  for (WebItem& item : items) {
    if (!is_ours(item)) continue;
    judge_by_words(item);
    if (!corpus::add_web_item(place_.catalogue, source_id_, item)) continue;
    ++place_.report.found_count;
    if (item.fate != Fate::pending) ++place_.report.fates[item.fate];
  }
  if (query) corpus::set_web_query(place_.catalogue, *query);
  transaction.commit();
}

void SourceHarvest::work_through_pending() {
  std::int64_t from = 0;
  while (!stopped_) {
    const auto first = corpus::pending_web_items(place_.catalogue, source_id_, from, kNoEnd, 1);
    if (first.empty()) return;
    const std::int64_t begin = (first[0].id - 1) / kBlock * kBlock + 1;
    from = begin + kBlock;
    auto block = corpus::pending_web_items(place_.catalogue, source_id_, begin, from, kBlock);
    std::map<std::string, bool> enough;
    std::erase_if(block, [&](const WebItem& item) {
      if (!item.judge.empty()) return false;  // a run before has paid for it, and may have changed its class
      const auto [known, is_new] = enough.try_emplace(item.class_name, false);
      if (is_new) known->second = has_enough(item.class_name, begin);
      return known->second;
    });
    if (!block.empty()) fetch_block(block);
  }
}

void SourceHarvest::fetch_block(std::vector<WebItem>& block) {
  std::vector<Lost> lost;
  find_addresses(block, lost);
  score_previews(block, lost);
  corpus::Source source{name_, "web", fetch_files(block, lost), {}, {}};
  if (!source.items.empty()) {
    const corpus::CollectReport collected =
        corpus::collect(place_.catalogue, place_.store, {source}, place_.collect_with);
    place_.report.added_count += collected.added_count;
    place_.report.added_s += collected.added_s;
  }
  settle(lost);
  for (const corpus::SourceItem& item : source.items) remove_file(item.file);
}

// `take` gets what came of each in their order, in this thread.
void SourceHarvest::fetch_each(std::vector<WebItem*> items, const FetchOne& fetch,
                               const std::function<void(WebItem&, Fetched)>& take) const {
  OrderedWork<Fetched> work(std::ssize(items), is_video_ ? 1 : place_.options.download_count,
                            [&](std::int64_t i) -> Fetched {
                              try {
                                return fetch(*items[static_cast<std::size_t>(i)]);
                              } catch (const fetch::FetchError& error) {
                                if (error.failure() == fetch::Failure::limited)
                                  return {{}, Fate::pending, error.what(), true};
                                return {{}, fate_of(error.failure()), error.what()};
                              } catch (const DiskError&) {
                                throw;
                              } catch (const Error& error) {  // no JSON, cannot be cut
                                return {{}, Fate::unusable, error.what()};
                              }
                            });
  for (WebItem* item : items) take(*item, work.take());
}

namespace {

// Those of the block that are not lost.
std::vector<WebItem*> remaining(std::vector<WebItem>& block, const auto& lost, const auto& wanted) {
  std::set<std::int64_t> gone;
  for (const auto& one : lost) gone.insert(one.item_id);
  std::vector<WebItem*> items;
  for (WebItem& item : block)
    if (!gone.contains(item.id) && wanted(item)) items.push_back(&item);
  return items;
}

}  // namespace

void SourceHarvest::find_addresses(std::vector<WebItem>& block, std::vector<Lost>& lost) {
  if (library_ == nullptr || library_->details == nullptr) return;
  fetch_each(
      remaining(block, lost, [](const WebItem& item) { return item.fetch_url.empty(); }),
      [&](WebItem& item) { return fetch_details(item); },
      [&](WebItem& item, Fetched fetched) {
        if (fetched.fate != Fate::pending || fetched.stop)
          lost.push_back({item.id, std::move(fetched)});
        else
          corpus::set_addresses(place_.catalogue, item);
      });
}

// A preview that cannot be had or decoded decides nothing: the file itself is scored then.
void SourceHarvest::score_previews(std::vector<WebItem>& block, std::vector<Lost>& lost) {
  const auto has_preview = [&](const WebItem& item) {
    return !item.preview_url.empty() && item.preview_url != item.fetch_url && place_.scores.is_wanted(item) &&
           !fs::exists(file_of(item));
  };
  fetch_each(
      remaining(block, lost, has_preview),
      [&](WebItem& item) { return download(item.preview_url, preview_file_of(item)); },
      [&](WebItem& item, Fetched fetched) {
        if (fetched.stop) lost.push_back({item.id, fetched});
        if (fetched.file.empty()) return;
        if (place_.scores.score(fetched.file, item)) keep_score(item);
        remove_file(fetched.file);
      });
  for (WebItem* item : remaining(block, lost, [](const WebItem&) { return true; })) {
    if (const std::string fault = place_.scores.fault(*item); !fault.empty())
      lost.push_back({item->id, {{}, Fate::wrong_class, fault}});
  }
}

std::vector<corpus::SourceItem> SourceHarvest::fetch_files(std::vector<WebItem>& block,
                                                           std::vector<Lost>& lost) {
  std::vector<corpus::SourceItem> files;
  fetch_each(
      remaining(block, lost, [](const WebItem&) { return true; }),
      [&](WebItem& item) { return fetch_file(item); },
      [&](WebItem& item, Fetched fetched) {
        if (!fetched.file.empty()) score_file(item, fetched);
        if (fetched.file.empty())
          lost.push_back({item.id, std::move(fetched)});
        else
          files.push_back(source_item(item, fetched.file));
      });
  return files;
}

// Of what has no preview, or is one.
void SourceHarvest::score_file(WebItem& item, Fetched& fetched) {
  if (place_.scores.is_wanted(item) && place_.scores.score(fetched.file, item)) keep_score(item);
  const std::string fault = place_.scores.fault(item);
  if (fault.empty()) return;
  remove_file(fetched.file);
  fetched = {{}, Fate::wrong_class, fault};
}

void SourceHarvest::keep_score(const WebItem& item) {
  corpus::set_score(place_.catalogue, item, item.judge);
  ++place_.report.scored_count;
}

void SourceHarvest::settle(const std::vector<Lost>& lost) {
  corpus::Transaction transaction(place_.catalogue);
  corpus::settle_web_items(place_.catalogue, source_id_);
  for (const auto& [item_id, fetched] : lost) {
    if (fetched.stop) {
      stop(fetched.detail);
      continue;
    }
    corpus::set_fate(place_.catalogue, item_id, fetched.fate, fetched.detail);
    ++place_.report.fates[fetched.fate];
  }
  transaction.commit();
}

corpus::SourceItem SourceHarvest::source_item(const WebItem& item, const fs::path& file) const {
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

fs::path SourceHarvest::file_of(const WebItem& item) const {
  return folder_ / sha256_hex(item.url).substr(0, 32);
}

fs::path SourceHarvest::preview_file_of(const WebItem& item) const {
  return file_of(item).concat(kPreview);
}

SourceHarvest::Fetched SourceHarvest::download(const std::string& url, const fs::path& file) const {
  if (fs::exists(file)) return {file};  // whole: fetched before a kill
  fetch::Request request{.url = url, .max_bytes = place_.project.harvest.max_megabytes * 1'000'000};
  request.attempt_count = kFileAttempts;
  if (library_ != nullptr) request = place_.settings.signed_request(*library_, std::move(request));
  place_.clients.with_client([&](fetch::Client& client) { return fetch::download(client, request, file); });
  return {file};
}

SourceHarvest::Fetched SourceHarvest::fetch_details(WebItem& item) const {
  const std::string& endpoint = place_.settings.endpoint(*library_);
  const fetch::Request request = library_->details(endpoint, item);
  const fetch::Body body =
      place_.clients.with_client([&](fetch::Client& client) { return client.get(request); });
  if (!library_->complete(endpoint, parse_json(body.text), item))
    return {{}, Fate::not_audio, "no audio file is in it"};
  judge_by_words(item);
  return {{}, item.fate, item.detail};
}

SourceHarvest::Fetched SourceHarvest::fetch_file(const WebItem& item) const {
  const fs::path file = file_of(item);
  if (is_video_) return fetch_stretch(item, file);
  if (item.fetch_url.empty()) return {{}, Fate::refused, "the library gives no address of its audio"};
  return download(item.fetch_url, file);
}

VideoOptions SourceHarvest::video_options() const {
  const HarvestSection& section = place_.project.harvest;
  return {section.yt_dlp, folder_ / "videos", kLongestVideoS, section.max_megabytes};
}

// Several stretches of a video come from one download. One that was half used when a run ended is fetched again.
SourceHarvest::Fetched SourceHarvest::fetch_stretch(const WebItem& item, const fs::path& file) const {
  if (fs::exists(file)) return {file};
  if (item.fetch_url != video_url_) {
    std::error_code ignored;
    fs::remove_all(folder_ / "videos", ignored);
    video_ = fetch_video(video_options(), item.fetch_url);
    video_url_ = item.fetch_url;
  }
  if (video_.file.empty()) return {{}, video_.fate, video_.detail};
  cut_recording(video_.file, item.begin_s, item.end_s, file);
  return {file};
}

void SourceHarvest::remove_strays() const {
  make_folders(folder_);
  std::set<std::string> wanted;
  for (const WebItem& item : corpus::pending_web_items(place_.catalogue, source_id_, 0, kNoEnd, -1)) {
    for (const fs::path& file : {file_of(item), preview_file_of(item)})
      for (const std::string_view part : kParts) wanted.insert(concat(file.filename().string(), part));
  }
  for (const fs::path& entry : folder_entries(folder_)) {
    if (fs::is_regular_file(entry) && !wanted.contains(entry.filename().string())) remove_file(entry);
  }
}

void SourceHarvest::finish() const {
  if (!corpus::pending_web_items(place_.catalogue, source_id_, 0, kNoEnd, 1).empty()) return;
  std::error_code ignored;  // whatever stays goes the next time
  fs::remove_all(folder_, ignored);
}

}  // namespace pupil::harvest
