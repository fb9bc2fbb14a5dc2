// SPDX-License-Identifier: Apache-2.0
// One sitting of one or several people over a project's windows: what comes next for whom, what a verdict stores, what is known
// of a window. Called by the page (review_page.h); speaks JSON, whose keys the page's script knows.
//
// A verdict is in the journal before record() returns. What is only here, and lost with the process: which windows were
// skipped, and which are in whose hands.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/review_windows.h"
#include "project/project_file.h"
#include "review/alike.h"
#include "review/order.h"
#include "review/sound.h"

namespace pupil::review {

struct SessionOptions {
  std::string reviewer;  ///< who is at the page until another name is typed
  OrderKind order = OrderKind::worth;
  std::vector<corpus::Split> splits = {corpus::Split::train, corpus::Split::val};
  std::string label;       ///< only windows that are called so; empty: all
  bool submitted = false;  ///< only windows of recordings that people sent
  std::uint64_t seed = 1;
  /// Show windows that another person has decided as well.
  bool second = false;
  /// Windows of one class whose embeddings have at least this cosine can be decided together.
  double alike = 0.95;
};

/// What the page sends with a verdict.
struct GivenVerdict {
  std::string reviewer;
  std::int64_t window_id = 0;
  corpus::VerdictKind kind = corpus::VerdictKind::unsure;
  std::string label;                ///< of other_class
  std::vector<std::int64_t> alike;  ///< windows that get the same verdict
  std::int64_t repeat_of = 0;       ///< as next() said
};

/// Threads: the one that made it (the catalogue's), and its own for what sounds alike.
class ReviewSession {
 public:
  /// Error: nothing is labelled (see check_reviewable() in review_page.h). A session without a window is one.
  ReviewSession(const std::filesystem::path& project_dir, const SessionOptions& options);

  /// Classes, orders, whether there is a student: what the page needs once.
  Json about() const;

  /// Up to `count` windows that `reviewer` is to decide next, and how far they are.
  Json next(const std::string& reviewer, std::size_t count);
  /// Error: no such window, no such class, a repeat that is none; nothing is stored then. Else what was stored, and who
  /// decided otherwise before.
  Json record(const GivenVerdict& verdict);
  void skip(const std::string& reviewer, std::int64_t window_id);
  /// Takes back the reviewer's last verdict: its windows, the first of which is to be shown again.
  Json undo(const std::string& reviewer);

  /// Windows nearest to this one that were accepted, and those that can be decided with it. Error: no such window.
  Json neighbours(std::int64_t window_id);
  /// What the project's student makes of it. Error: no such window; its audio is lost.
  Json student(std::int64_t window_id);
  Json summary();

  /// A WAV. Error: no such window, view or stretch; its audio is lost.
  std::string sound(std::int64_t window_id, const std::string& kind, std::size_t which,
                    const std::string& span);

  /// Whether all sketches are read.
  bool knows_alike() const { return alike_->ready(); }

 private:
  const corpus::ReviewCandidate& of(std::int32_t candidate) const {
    return candidates_[static_cast<std::size_t>(candidate)];
  }
  struct Desk {              // of a reviewer
    std::size_t cursor = 0;  // before it everything is decided, skipped or in others' hands
    std::set<std::int32_t> skipped;
  };
  std::int32_t find(std::int64_t window_id) const;
  std::int32_t find(const corpus::Stretch& stretch) const;
  const std::string& label_of(std::int32_t candidate) const;
  bool is_open(std::int32_t candidate, const std::string& reviewer);
  bool in_others_hands(std::int32_t candidate, const std::string& reviewer);
  std::optional<corpus::JournalEntry> due_repeat(const std::string& reviewer);
  Json item(std::int32_t candidate, const std::string& reviewer, std::int64_t repeat_of);
  Json scores(std::int32_t candidate);
  Json progress(const std::string& reviewer);
  corpus::JournalEntry entry(const GivenVerdict& verdict, std::int32_t candidate) const;
  bool was_accepted(std::int32_t candidate);
  Json nearest_accepted(std::int32_t candidate);
  Json alike(std::int32_t candidate);
  std::vector<float> embedding(std::int32_t candidate);

  const std::filesystem::path project_dir_;
  const SessionOptions options_;
  const Project project_;
  corpus::Catalogue catalogue_;
  corpus::ReviewConfigs configs_;
  std::vector<corpus::ReviewCandidate> candidates_;  // by clip and start
  std::vector<std::int32_t> by_window_;              // candidates by window_id
  std::vector<std::string> classes_;                 // that a person may name
  corpus::Store store_;
  SoundReader sounds_;
  std::unique_ptr<Student> student_;
  std::unique_ptr<SketchMaker> maker_;
  std::unique_ptr<BlockOrder> order_;
  std::unique_ptr<AlikeIndex> alike_;
  std::map<std::string, Desk> desks_;
  std::map<std::int32_t, std::pair<std::string, std::chrono::steady_clock::time_point>> in_hand_;
};

}  // namespace pupil::review
