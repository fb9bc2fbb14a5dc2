// SPDX-License-Identifier: Apache-2.0
// Three sources, the stronger first: reviews by stretch, then examples and given labels by clip. Each has a hash of its own, over
// the audio's hashes and sorted, so that the text of the "label" configuration depends neither on row ids nor on the order of
// collecting, and stays as it was where a source is empty.

#include "pipeline/known_classes.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/class_examples.h"
#include "corpus/clips.h"
#include "corpus/reviews.h"

namespace pupil::pipeline {
namespace {

// Reviews are kept in whole milliseconds; windows begin at whole samples.
constexpr double kSlackSeconds = 1e-3;

// Nothing that decides depends on a row's id: lines name clips by their audio, and are sorted.
std::string hash_of_lines(std::vector<std::string> lines) {
  if (lines.empty()) return "";
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  for (const std::string& line : lines) hash.update(line);
  return hash.hex();
}

// By class, the clips of its examples: those that were collected from its folder, and those that were there already and
// of which a file in it is a copy. What was taken out of the folder since is no example any more.
std::vector<std::set<std::int64_t>> example_clips(const Project& project, corpus::Catalogue& catalogue) {
  const std::vector<SoundClass> named = project.named_classes();
  std::vector<std::set<std::int64_t>> ids(named.size());
  std::map<std::string, std::size_t> class_of_source;
  for (std::size_t k = 0; k < named.size(); ++k) {
    if (!named[k].examples.empty()) class_of_source[corpus::example_source(project, named[k])] = k;
  }
  if (class_of_source.empty()) return ids;
  const auto add = [&](const std::string& source, const std::string& path, std::int64_t id) {
    const auto found = class_of_source.find(source);
    if (found != class_of_source.end() && std::filesystem::exists(std::filesystem::path(source) / path))
      ids[found->second].insert(id);
  };
  corpus::for_each_clip(catalogue, {},
                        [&](const corpus::Clip& clip) { add(clip.source, clip.path, clip.id); });
  for (const corpus::SetAside& one : corpus::list_set_aside(catalogue)) {
    if (one.other_clip_id != 0) add(one.source, one.path, one.other_clip_id);
  }
  return ids;
}

std::string first_unusable(const std::string& source, corpus::Catalogue& catalogue) {
  for (const corpus::SetAside& one : corpus::list_set_aside(catalogue)) {
    if (one.source == source && one.other_clip_id == 0)
      return concat("; ", one.path, " is ", corpus::set_aside_reason_name(one.reason), ": ", one.detail);
  }
  return "";
}

// `shown` gets the clips, with the class that each shows.
void check_examples_of(const Project& project, corpus::Catalogue& catalogue, const SoundClass& sound,
                       const std::set<std::int64_t>& ids, std::map<std::int64_t, std::string>* shown) {
  const std::string source = corpus::example_source(project, sound);
  const std::string place = concat("examples of class '", sound.name, "': ", source, ": ");
  if (ids.size() < corpus::kLeastExamples)
    throw Error(concat(place, ids.size(), " of the clips there can be used, and ", corpus::kLeastExamples,
                       " are needed", first_unusable(source, catalogue), "; pupil collect ",
                       project.dir.string(), " takes up new ones"));
  for (const std::int64_t id : ids) {
    const corpus::Clip clip = corpus::get_clip(catalogue, id);
    const auto [other, is_new] = shown->try_emplace(id, sound.name);
    if (!is_new)
      throw Error(concat(place, clip.path, " shows class '", other->second, "' too; take one out"));
    if (clip.split == corpus::Split::test)
      throw Error(
          concat(place, "one is a copy of ", clip.path,
                 ", which is in the test split: an example would make that figure worthless; take it out"));
  }
}

std::int32_t reviewed_class(const Project& project, const std::string& label) {
  return label.empty() ? kNoReportedClass : project.class_of(label);
}

}  // namespace

KnownClasses KnownClasses::read(const Project& project, corpus::Catalogue& catalogue) {
  KnownClasses known;
  known.read_given(project, catalogue);
  known.read_examples(project, catalogue);
  known.read_reviews(project, catalogue);
  return known;
}

// The first [label] fixed_per_class training clips of each class by the hashes of their audio.
void KnownClasses::read_given(const Project& project, corpus::Catalogue& catalogue) {
  if (project.label.fixed_per_class == 0) return;
  struct GivenClip {
    std::string hash, recording;
    std::int64_t id = 0;
    bool operator<(const GivenClip& other) const {
      return std::tie(hash, id) < std::tie(other.hash, other.id);
    }
  };
  std::map<std::int32_t, std::vector<GivenClip>> of_class;
  corpus::ClipFilter filter;
  filter.split = corpus::Split::train;
  corpus::for_each_clip(catalogue, filter, [&](const corpus::Clip& clip) {
    const std::int32_t given =
        corpus::agreed_class(clip.given, [&](const std::string& label) { return project.class_of(label); });
    if (given >= 0) of_class[given].push_back({clip.hash, clip.recording, clip.id});
  });
  std::vector<std::string> lines;
  for (auto& [given, clips] : of_class) {
    std::sort(clips.begin(), clips.end());
    const auto count = std::min<std::int64_t>(std::ssize(clips), project.label.fixed_per_class);
    for (const GivenClip& clip : std::span(clips).first(static_cast<std::size_t>(count))) {
      given_[clip.id] = {clip.recording, given};
      lines.push_back(concat(clip.hash, " ", given, "\n"));
    }
  }
  // Of no clip as well: earlier versions have it so in the text of their configuration.
  given_hash_ = lines.empty() ? Sha256().hex() : hash_of_lines(std::move(lines));
}

void KnownClasses::read_examples(const Project& project, corpus::Catalogue& catalogue) {
  const std::vector<std::set<std::int64_t>> ids = example_clips(project, catalogue);
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    for (const std::int64_t id : ids[k]) {
      const corpus::Clip clip = corpus::get_clip(catalogue, id);
      if (clip.split == corpus::Split::test) continue;
      examples_[id] = {clip.recording, static_cast<std::int32_t>(k)};
      lines.push_back(concat(clip.hash, " ", k, "\n"));
    }
  }
  examples_hash_ = hash_of_lines(std::move(lines));
}

void KnownClasses::read_reviews(const Project& project, corpus::Catalogue& catalogue) {
  std::vector<std::string> lines;
  for (const corpus::Review& review : corpus::list_reviews(catalogue)) {
    const corpus::Clip clip = corpus::get_clip(catalogue, review.clip_id);
    if (clip.split == corpus::Split::test) continue;
    const std::int32_t index = reviewed_class(project, review.label);
    const double last_s = review.start_s + std::max(0.0, review.length_s - project.window.length_s);
    reviewed_[clip.id].push_back(
        {clip.recording, review.start_s - kSlackSeconds, last_s + kSlackSeconds, index});
    lines.push_back(concat(clip.hash, " ", std::llround(1000 * review.start_s), " ",
                           std::llround(1000 * review.length_s), " ", index, "\n"));
  }
  reviews_hash_ = hash_of_lines(std::move(lines));
}

KnownClasses::Known KnownClasses::find(std::int64_t clip_id, double begin_s, double end_s) const {
  Known known;
  if (const auto reviewed = reviewed_.find(clip_id); reviewed != reviewed_.end()) {
    for (const ReviewedStretch& stretch : reviewed->second) {
      if (stretch.last_s < begin_s || stretch.first_s + 2 * kSlackSeconds >= end_s) continue;
      known.contradictory =
          known.contradictory || (known.reviewed && known.class_index != stretch.class_index);
      known.reviewed = true;
      known.class_index = stretch.class_index;
      known.recording = stretch.recording;
    }
  }
  if (known.contradictory) known.class_index.reset();
  if (known.reviewed) return known;
  for (const ClassOfClip* clips : {&examples_, &given_}) {
    const auto found = clips->find(clip_id);
    if (found == clips->end()) continue;
    known.recording = found->second.first;
    known.class_index = found->second.second;
    known.example = clips == &examples_;
    return known;
  }
  return known;
}

KnownClasses::Known KnownClasses::find_window(std::int64_t clip_id, double start_s) const {
  return find(clip_id, start_s, start_s + 3 * kSlackSeconds);
}

void check_examples(const Project& project, corpus::Catalogue& catalogue) {
  const std::vector<SoundClass> named = project.named_classes();
  const std::vector<std::set<std::int64_t>> ids = example_clips(project, catalogue);
  std::map<std::int64_t, std::string> shown;
  for (std::size_t k = 0; k < named.size(); ++k) {
    if (!named[k].examples.empty()) check_examples_of(project, catalogue, named[k], ids[k], &shown);
  }
}

}  // namespace pupil::pipeline
