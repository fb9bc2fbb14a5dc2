// SPDX-License-Identifier: Apache-2.0
// What comes next: the order is walked from the reviewer's cursor on; a window is passed over when someone decided it (with
// `second`: when this reviewer did), when this reviewer was unsure of it or skipped it, or while another has it in hand.
// Invariants:
//
// 1. What was decided is asked of the journal each time, never remembered here: several servers may run over one project.
// 2. Every 20th decision or so, an older one of the same reviewer is shown again as if it were new (kRepeatEvery). The page
//    sends back which, so that a restart in between makes no correction out of it.
// 3. candidates_ and everything that refers to it (order_, alike_) is built once and never changes.

#include "review/session.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/split_mix.h"
#include "base/text.h"
#include "corpus/reviews.h"
#include "review/outlook.h"
#include "review/summary.h"

namespace pupil::review {
namespace {

using corpus::JournalEntry;
using corpus::ReviewCandidate;
using corpus::VerdictKind;

constexpr std::int64_t kRepeatEvery = 20;
constexpr std::int64_t kRepeatDistance = 10;  // so many decisions lie between a window and its repeat
constexpr std::size_t kNeighbours = 5;
constexpr std::size_t kMostNearest = 64;
constexpr auto kInHand = std::chrono::minutes(5);

Json entry_json(const JournalEntry& entry) {
  return Json::Object{{"reviewer", entry.reviewer},
                      {"kind", corpus::verdict_kind_name(entry.kind)},
                      {"class", entry.label},
                      {"at", entry.at}};
}

Json entries_json(const std::vector<JournalEntry>& entries) {
  Json::Array list;
  for (const JournalEntry& entry : entries) list.push_back(entry_json(entry));
  return list;
}

Json span_json(const Span& span, std::int32_t rate_hz) {
  return Json::Array{static_cast<double>(span.begin) / rate_hz, static_cast<double>(span.end) / rate_hz};
}

std::vector<std::string> names_to_give(const Project& project) {
  std::vector<std::string> names;
  for (const SoundClass& sound : project.named_classes()) names.push_back(sound.name);
  return names;
}

}  // namespace

ReviewSession::ReviewSession(const std::filesystem::path& project_dir, const SessionOptions& options)
    : project_dir_(project_dir),
      options_(options),
      project_(load_project(project_dir)),
      catalogue_(corpus::Catalogue::open(project_dir)),
      configs_(corpus::find_review_configs(catalogue_)),
      classes_(names_to_give(project_)),
      store_(project_dir),
      sounds_(store_),
      student_(find_student(project_dir)) {
  candidates_ = corpus::list_review_candidates(catalogue_, configs_, options_.splits, options_.submitted);
  if (!options_.label.empty()) {
    std::erase_if(candidates_, [&](const ReviewCandidate& one) {
      return one.label < 0 || configs_.classes[static_cast<std::size_t>(one.label)] != options_.label;
    });
  }
  by_window_.resize(candidates_.size());
  std::iota(by_window_.begin(), by_window_.end(), 0);
  std::ranges::sort(by_window_, {}, [&](std::int32_t i) { return of(i).window_id; });
  maker_ = std::make_unique<SketchMaker>(mean_embedding(catalogue_, configs_, candidates_));
  order_ = std::make_unique<BlockOrder>(order_candidates(candidates_, options_.order, options_.seed),
                                        block_of(options_.order),
                                        [this](std::int32_t i) { return maker_->make(embedding(i)); });
  alike_ = std::make_unique<AlikeIndex>(project_dir_, configs_, candidates_, *maker_);
}

std::int32_t ReviewSession::find(std::int64_t window_id) const {
  const auto found =
      std::ranges::lower_bound(by_window_, window_id, {}, [&](std::int32_t i) { return of(i).window_id; });
  if (found == by_window_.end() || of(*found).window_id != window_id)
    throw Error(concat("no window ", window_id, " is under review"));
  return *found;
}

// -1: none. A stretch of the journal is a window as long as windows are cut as they were then.
std::int32_t ReviewSession::find(const corpus::Stretch& stretch) const {
  const std::tuple key(stretch.clip_id, std::llround(stretch.start_s * 1000),
                       std::llround(stretch.length_s * 1000));
  const auto key_of = [](const ReviewCandidate& one) {
    return std::tuple<std::int64_t, long long, long long>(one.clip_id, one.start_ms, one.length_ms);
  };
  const auto found = std::ranges::lower_bound(candidates_, key, {}, key_of);
  if (found == candidates_.end() || key_of(*found) != key) return -1;
  return static_cast<std::int32_t>(found - candidates_.begin());
}

const std::string& ReviewSession::label_of(std::int32_t candidate) const {
  static const std::string kNone;
  const std::int16_t label = of(candidate).label;
  return label < 0 ? kNone : configs_.classes[static_cast<std::size_t>(label)];
}

std::vector<float> ReviewSession::embedding(std::int32_t candidate) {
  return corpus::review_embedding(catalogue_, configs_, of(candidate).window_id);
}

Json ReviewSession::about() const {
  return Json::Object{{"project", project_.name},           {"reviewer", options_.reviewer},
                      {"classes", Json(classes_)},          {"windows", candidates_.size()},
                      {"has_student", student_ != nullptr}, {"only", options_.label}};
}

bool ReviewSession::is_open(std::int32_t candidate, const std::string& reviewer) {
  for (const JournalEntry& entry : corpus::verdicts_on(catalogue_, of(candidate).stretch())) {
    if (entry.reviewer == reviewer) return false;
    if (entry.kind != VerdictKind::unsure && !options_.second) return false;
  }
  return true;
}

bool ReviewSession::in_others_hands(std::int32_t candidate, const std::string& reviewer) {
  const auto hand = in_hand_.find(candidate);
  if (hand == in_hand_.end() || hand->second.first == reviewer) return false;
  if (hand->second.second + kInHand > std::chrono::steady_clock::now()) return true;
  in_hand_.erase(hand);
  return false;
}

// Not at every 20th exactly: nobody should know which it is.
std::optional<JournalEntry> ReviewSession::due_repeat(const std::string& reviewer) {
  const corpus::RepeatCount counts = corpus::count_repeats(catalogue_, reviewer);
  const auto jitter = static_cast<std::int64_t>(
      split_mix(options_.seed + static_cast<std::uint64_t>(counts.repeated)) % kRepeatEvery);
  if ((counts.repeated + 1) * kRepeatEvery > counts.decided + jitter) return std::nullopt;
  for (JournalEntry& entry : corpus::list_unrepeated(catalogue_, reviewer, kRepeatDistance, 20)) {
    if (find(entry.stretch) >= 0) return entry;
  }
  return std::nullopt;
}

Json ReviewSession::next(const std::string& reviewer, std::size_t count) {
  Json::Array items;
  if (const auto repeat = due_repeat(reviewer))
    items.push_back(item(find(repeat->stretch), reviewer, repeat->id));
  Desk& desk = desks_[reviewer];
  bool all_passed = true;
  for (std::size_t place = desk.cursor; place < order_->size() && items.size() < count; ++place) {
    const std::int32_t candidate = order_->at(place);
    if (!desk.skipped.contains(candidate) && is_open(candidate, reviewer)) {
      all_passed = false;
      if (in_others_hands(candidate, reviewer)) continue;
      in_hand_[candidate] = {reviewer, std::chrono::steady_clock::now()};
      items.push_back(item(candidate, reviewer, 0));
    } else if (all_passed) {
      desk.cursor = place + 1;
    }
  }
  return Json::Object{{"items", Json(items)}, {"progress", progress(reviewer)}};
}

Json ReviewSession::progress(const std::string& reviewer) {
  const corpus::RepeatCount counts = corpus::count_repeats(catalogue_, reviewer);
  return Json::Object{{"decided", counts.decided}, {"repeated", counts.repeated}};
}

Json ReviewSession::scores(std::int32_t candidate) {
  const auto label = corpus::get_label(catalogue_, configs_.label, of(candidate).window_id);
  std::vector<float> logits;
  if (configs_.score != 0) logits = corpus::get_scores(catalogue_, configs_.score, of(candidate).window_id);
  Json::Array list;
  for (std::size_t k = 0; label && k < std::min(label->soft.size(), configs_.classes.size()); ++k) {
    // Broad negatives have many logits, behind those of the named classes.
    const bool named = configs_.classes[k] != kNoneOfThese && k < logits.size();
    list.push_back(Json::Object{{"class", configs_.classes[k]},
                                {"soft", Json(label->soft[k])},
                                {"logit", named ? Json(logits[k]) : Json()}});
  }
  return list;
}

Json ReviewSession::item(std::int32_t candidate, const std::string& reviewer, std::int64_t repeat_of) {
  const ReviewCandidate& one = of(candidate);
  const corpus::Clip clip = corpus::get_clip(catalogue_, one.clip_id);
  const corpus::Window window = corpus::get_window(catalogue_, one.window_id);
  const PlayedViews views = find_views(catalogue_, configs_, one.clip_id);
  const std::int32_t rate_hz = views.original.sample_rate_hz;
  Json::Array queries;
  for (const corpus::View& view : views.separated) queries.push_back(view.separation.query);
  Json json = Json::Object{{"id", one.window_id},
                           {"path", clip.path},
                           {"recording", clip.recording},
                           {"split", corpus::split_name(clip.split)},
                           {"start_s", one.start_ms * 1e-3},
                           {"length_s", one.length_ms * 1e-3},
                           {"rate_hz", rate_hz},
                           {"called", label_of(candidate)},
                           {"verdict", corpus::verdict_name(one.verdict)},
                           {"margin", Json(one.margin)},
                           {"scores", scores(candidate)},
                           {"separated", Json(queries)},
                           {"repeat_of", repeat_of}};
  Json spans;
  for (const char* name : {"window", "context", "clip"})
    spans.set(name, span_json(find_span(name, window, views.original), rate_hz));
  json.set("spans", spans);
  // A repeat is blind: what was said of it before stays hidden.
  std::vector<JournalEntry> said;
  if (repeat_of == 0) said = corpus::verdicts_on(catalogue_, one.stretch());
  std::erase_if(said, [&](const JournalEntry& entry) { return entry.reviewer == reviewer; });
  json.set("others", entries_json(said));
  return json;
}

JournalEntry ReviewSession::entry(const GivenVerdict& verdict, std::int32_t candidate) const {
  JournalEntry entry;
  entry.stretch = of(candidate).stretch();
  entry.kind = verdict.kind;
  entry.called = label_of(candidate);
  entry.reviewer = verdict.reviewer;
  if (verdict.kind == VerdictKind::other_class) entry.label = verdict.label;
  if (verdict.kind == VerdictKind::accept || verdict.kind == VerdictKind::reject) entry.label = entry.called;
  // "Yes" to a window that is called none of these is that verdict.
  if (verdict.kind == VerdictKind::accept && entry.called == kNoneOfThese) {
    entry.kind = VerdictKind::none;
    entry.label.clear();
  }
  return entry;
}

Json ReviewSession::record(const GivenVerdict& verdict) {
  if (verdict.kind == VerdictKind::other_class &&
      std::ranges::find(classes_, verdict.label) == classes_.end())
    throw Error(concat("the project has no class '", verdict.label, "'"));
  const std::int32_t candidate = find(verdict.window_id);
  const auto before = corpus::verdicts_on(catalogue_, of(candidate).stretch());
  std::vector<JournalEntry> entries = {entry(verdict, candidate)};
  // "No" to a window that is called none of the classes names no class that it is not: nothing could be stored.
  if (entries[0].called.empty() &&
      (verdict.kind == VerdictKind::accept || verdict.kind == VerdictKind::reject))
    throw Error("this window is called none of the classes: name one, or say none or unsure");
  if (verdict.repeat_of != 0) {
    const bool known = std::ranges::any_of(before, [&](const JournalEntry& one) {
      return one.id == verdict.repeat_of && one.reviewer == verdict.reviewer;
    });
    if (!known) throw Error(concat("verdict ", verdict.repeat_of, " is not one that this could repeat"));
    entries[0].repeat_of = verdict.repeat_of;
  } else {
    for (const std::int64_t id : verdict.alike) entries.push_back(entry(verdict, find(id)));
  }
  corpus::put_verdicts(catalogue_, entries);
  in_hand_.erase(candidate);
  Json::Array disagree;
  for (const JournalEntry& one : before) {
    if (one.reviewer != verdict.reviewer && one.kind != VerdictKind::unsure && verdict.repeat_of == 0 &&
        !one.agrees_with(entries[0]))
      disagree.push_back(entry_json(one));
  }
  return Json::Object{{"stored", entries.size()}, {"disagree", Json(disagree)}};
}

void ReviewSession::skip(const std::string& reviewer, std::int64_t window_id) {
  const std::int32_t candidate = find(window_id);
  desks_[reviewer].skipped.insert(candidate);
  in_hand_.erase(candidate);
}

Json ReviewSession::undo(const std::string& reviewer) {
  const std::vector<JournalEntry> undone = corpus::undo_verdicts(catalogue_, reviewer);
  Json json = Json::Object{{"undone", undone.size()}};
  for (const JournalEntry& entry : undone) {
    const std::int32_t candidate = find(entry.stretch);
    if (candidate < 0) continue;
    Desk& desk = desks_[reviewer];
    desk.cursor = std::min(desk.cursor, order_->place_of(candidate));
    if (json.find("item") == nullptr) json.set("item", item(candidate, reviewer, entry.repeat_of));
  }
  if (!undone.empty()) json.set("was", entry_json(undone.front()));
  json.set("progress", progress(reviewer));
  return json;
}

bool ReviewSession::was_accepted(std::int32_t candidate) {
  const corpus::Stretch stretch = of(candidate).stretch();
  if (const auto review = corpus::find_review(catalogue_, stretch.clip_id, stretch.start_s, stretch.length_s))
    return !review->label.empty();
  return of(candidate).verdict == corpus::Verdict::accepted;
}

Json ReviewSession::nearest_accepted(std::int32_t candidate) {
  const std::vector<float> own = embedding(candidate);
  std::vector<std::pair<double, std::int32_t>> near;
  for (const std::int32_t i : alike_->nearest(candidate, kMostNearest, [&](std::int32_t other) {
         return of(other).verdict == corpus::Verdict::accepted &&
                of(other).recording != of(candidate).recording;
       }))
    if (was_accepted(i)) near.emplace_back(-maker_->cosine(own, embedding(i)), i);
  std::ranges::sort(near);
  Json::Array list;
  std::set<std::int32_t>
      recordings;  // one window of each: where whole clips are embedded, all of theirs are equally near
  for (const auto& [distance, i] : near) {
    if (list.size() == kNeighbours) break;
    if (!recordings.insert(of(i).recording).second) continue;
    const corpus::Stretch at = of(i).stretch();
    const auto review = corpus::find_review(catalogue_, at.clip_id, at.start_s, at.length_s);
    list.push_back(Json::Object{{"id", of(i).window_id},
                                {"class", review ? review->label : label_of(i)},
                                {"by", review ? review->reviewer : std::string("teacher")},
                                {"cosine", -distance}});
  }
  return list;
}

// Open windows of the same class that the teacher cannot tell from this one.
Json ReviewSession::alike(std::int32_t candidate) {
  const std::vector<float> own = embedding(candidate);
  Json::Array ids;
  for (const std::int32_t i : alike_->nearest(candidate, kMostNearest, [&](std::int32_t other) {
         return of(other).label == of(candidate).label;
       })) {
    if (maker_->cosine(own, embedding(i)) >= options_.alike &&
        corpus::verdicts_on(catalogue_, of(i).stretch()).empty())
      ids.push_back(of(i).window_id);
  }
  return ids;
}

Json ReviewSession::neighbours(std::int64_t window_id) {
  const std::int32_t candidate = find(window_id);
  return Json::Object{
      {"ready", alike_->ready()}, {"accepted", nearest_accepted(candidate)}, {"alike", alike(candidate)}};
}

Json ReviewSession::student(std::int64_t window_id) {
  const ReviewCandidate& one = of(find(window_id));
  if (student_ == nullptr) return Json::Object{{"scores", Json(Json::Array())}};
  const corpus::Window window = corpus::get_window(catalogue_, window_id);
  const PlayedViews views = find_views(catalogue_, configs_, one.clip_id);
  const std::int32_t rate_hz = views.original.sample_rate_hz;
  const auto length = static_cast<std::int64_t>(student_->window_s() * rate_hz);
  const std::vector<float> samples =
      sounds_.read_original(views, {window.start_sample, window.start_sample + length});
  Json::Array list;
  for (const auto& [name, score] : student_->score(samples, rate_hz))
    list.push_back(Json::Object{{"class", name}, {"score", Json(score)}});
  return Json::Object{{"scores", Json(list)}};
}

Json ReviewSession::summary() {
  Json json = summary_json(summarise(catalogue_));
  json.set("outlook", outlook_json(read_outlook(project_dir_)));
  return json;
}

std::string ReviewSession::sound(std::int64_t window_id, const std::string& kind, std::size_t which,
                                 const std::string& span) {
  const ReviewCandidate& one = of(find(window_id));
  const PlayedViews views = find_views(catalogue_, configs_, one.clip_id);
  const Span place = find_span(span, corpus::get_window(catalogue_, window_id), views.original);
  const auto bytes = audio::wav_bytes(sounds_.read(views, kind, which, place), views.rate_hz());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace pupil::review
