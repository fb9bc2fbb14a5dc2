// SPDX-License-Identifier: Apache-2.0
// One source on the web: what is known of it is brought in, what is not known yet is asked for page by page. Which page next is the
// planner's choice (harvester.cpp).

#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "corpus/collect.h"
#include "corpus/web_items.h"
#include "harvest/client_pool.h"
#include "harvest/harvester.h"
#include "harvest/library.h"
#include "harvest/previews.h"
#include "harvest/settings.h"
#include "harvest/video.h"

namespace pupil::harvest {

/// What all sources of a run share; all of it outlives them.
struct HarvestPlace {
  const Project& project;
  corpus::Catalogue& catalogue;
  const corpus::Store& store;
  const corpus::CollectOptions& collect_with;
  const Settings& settings;
  const HarvestOptions& options;
  ClientPool& clients;
  PreviewScores& scores;
  HarvestReport& report;
};

/// One search of a library.
struct SearchWords {
  SoundClass sound;            ///< what is looked for; its name is that of the items' class
  std::string query;           ///< what the library is asked; by meaning: what stands for it in the catalogue
  std::string label;           ///< given label of what comes; empty: none
  bool by_meaning = false;     ///< asked by Judge::direction(sound)
  bool hard_negative = false;  ///< what comes is to be none of the reported classes
};

class SourceHarvest {
 public:
  /// Takes up what a run before has left. `library`: null for lists.
  SourceHarvest(const HarvestPlace& place, std::string name, const Library* library = nullptr);

  /// Notes the items of a list and brings them in.
  void work_through_list(std::vector<WebItem> items);
  /// The same for stretches of videos. Error: as check_video_program().
  void work_through_videos(std::vector<WebItem> items);

  /// The search of `words` as far as it has come; none: it is at its end, its class has enough, or the library takes no more
  /// questions.
  std::optional<corpus::WebQuery> open_query(const SearchWords& words);
  /// Asks for the next page of a search and notes what is new. Where the library takes no more questions the source has ended.
  void ask(const SearchWords& words, corpus::WebQuery& query);

  /// Fetches, scores and collects what is noted and has no fate yet, in blocks of 64 ids.
  void work_through_pending();
  /// At the end of a run: no folder is left where nothing is pending.
  void finish() const;

 private:
  // What came of fetching something of an item.
  struct Fetched {
    std::filesystem::path file;  // empty: see fate
    corpus::Fate fate = corpus::Fate::pending;
    std::string detail;
    bool stop = false;  // the host takes no more requests for long: the item stays pending
  };
  struct Lost {
    std::int64_t item_id;
    Fetched fetched;
  };
  using FetchOne = std::function<Fetched(WebItem&)>;

  void stop(const std::string& why);
  bool has_enough(const std::string& class_name, std::int64_t before_id) const;
  bool is_ours(const WebItem& item) const;
  void judge_by_words(WebItem& item) const;
  void note(std::vector<WebItem> items, const std::optional<corpus::WebQuery>& query);
  Page ask_page(const SearchWords& words, const corpus::WebQuery& query);

  void fetch_block(std::vector<WebItem>& block);
  void fetch_each(std::vector<WebItem*> items, const FetchOne& fetch,
                  const std::function<void(WebItem&, Fetched)>& take) const;
  void find_addresses(std::vector<WebItem>& block, std::vector<Lost>& lost);
  void score_previews(std::vector<WebItem>& block, std::vector<Lost>& lost);
  std::vector<corpus::SourceItem> fetch_files(std::vector<WebItem>& block, std::vector<Lost>& lost);
  void score_file(WebItem& item, Fetched& fetched);
  void keep_score(const WebItem& item);
  void settle(const std::vector<Lost>& lost);
  corpus::SourceItem source_item(const WebItem& item, const std::filesystem::path& file) const;

  std::filesystem::path file_of(const WebItem& item) const;
  std::filesystem::path preview_file_of(const WebItem& item) const;
  Fetched download(const std::string& url, const std::filesystem::path& file) const;
  Fetched fetch_details(WebItem& item) const;
  Fetched fetch_file(const WebItem& item) const;
  Fetched fetch_stretch(const WebItem& item, const std::filesystem::path& file) const;
  VideoOptions video_options() const;
  void remove_strays() const;

  HarvestPlace place_;
  const std::string name_;
  const std::filesystem::path folder_;
  const Library* library_;
  std::int64_t source_id_ = 0;
  bool is_video_ = false;
  bool stopped_ = false;
  mutable std::string video_url_;  // of video_; used by one thread
  mutable Video video_;
};

}  // namespace pupil::harvest
