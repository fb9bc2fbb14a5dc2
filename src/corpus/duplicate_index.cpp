// SPDX-License-Identifier: Apache-2.0
// Two filters in front of the costly comparison, which needs a fingerprint from the catalogue (Fetch).
//
// 1. An entry has a second word from a little later, so that most chance hits are refused within the bucket,
//    without any fetch. kMaxCandidates bounds the fetches per clip.
// 2. Only landmarks are indexed, but every frame of a new clip looks for them: a trimmed copy has other
//    landmarks, and its frames are a fraction of a frame off the indexed ones.
// 3. The fingerprint's weak bits bound the buckets per lookup: 3 of each half, so 8 (fingerprint.cpp).
// 4. Between equal votes the clip's place and the offset decide, never the order of sorting.

#include "corpus/duplicate_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

namespace pupil::corpus {
namespace {

constexpr std::int64_t kMinCommonFrames = 6;
// The second word of an entry stands so far behind the landmark: near enough to lie in a trimmed copy too.
constexpr std::size_t kSecondWordFrames = 6;
// Of the 64 bits of both words: copies differ in 13 on average, strangers in 26.
constexpr int kMaxDifferentBits = 18;
// Word by word comparisons per clip: the places with most votes.
constexpr std::size_t kMaxCandidates = 64;
// A trimmed copy's frames lie between the indexed clip's.
constexpr std::int64_t kOffsetSlackFrames = 2;

// How far from a match one looks for how much the two clips agree anyway: 0.2 to 1 s on both sides.
constexpr std::int64_t kNearestControlFrames = 12;
constexpr std::int64_t kFarthestControlFrames = 60;
constexpr std::int64_t kControlStepFrames = 4;
constexpr std::int64_t kMinControls = 6;
// A match stands out by so many standard deviations of the agreement elsewhere.
constexpr double kMinStandOut = 3;

struct Entry {
  std::uint32_t word;
  std::uint32_t second_word;
  std::uint32_t clip;  // into State::clip_ids
  std::uint32_t frame;
};

struct Vote {
  std::uint32_t clip;
  std::int32_t offset_frames;
  bool operator<(const Vote& other) const {
    return clip != other.clip ? clip < other.clip : offset_frames < other.offset_frames;
  }
};

struct Candidate {
  std::uint32_t clip = 0;
  std::int32_t offset_frames = 0;
  int vote_count = 0;
};

std::uint32_t word_at(const Fingerprint& fingerprint, std::size_t frame) {
  return frame < fingerprint.words.size() ? fingerprint.words[frame] : 0;
}

// Calls `visit` with `half` and all that it becomes when any of `weak` bits are turned.
template <typename Visit>
void for_each_variant(std::uint32_t half, std::uint32_t weak, const Visit& visit) {
  std::uint32_t subset = 0;
  do {
    visit(half ^ subset);
    subset = (subset - weak) & weak;  // the next subset of `weak`
  } while (subset != 0);
}

// Votes for places next to each other are votes for the same place.
std::vector<Candidate> count_votes(std::vector<Vote>& votes) {
  std::sort(votes.begin(), votes.end());
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    Candidate* last = candidates.empty() ? nullptr : &candidates.back();
    const bool same =
        last != nullptr && last->clip == votes[i].clip && votes[i].offset_frames - last->offset_frames <= 1;
    if (!same) last = &candidates.emplace_back(Candidate{votes[i].clip, votes[i].offset_frames, 0});
    ++last->vote_count;
  }
  const auto more = [](const Candidate& a, const Candidate& b) {
    if (a.vote_count != b.vote_count) return a.vote_count > b.vote_count;
    return a.clip != b.clip ? a.clip < b.clip : a.offset_frames < b.offset_frames;
  };
  const std::size_t kept = std::min(candidates.size(), kMaxCandidates);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                    candidates.end(), more);
  candidates.resize(kept);
  return candidates;
}

// Chance agreement is a half of the bits only for sounds that keep changing. Two steady hums agree in most bits at
// any offset, two sirens whenever both rise; the same take agrees at one place alone. (Of real clips the mean
// elsewhere lies within 0.48 to 0.51 and the deviation below 0.06; of synthetic tones 0.8, of beeps the deviation
// is 0.1.)
bool stands_out(const Fingerprint& indexed, const Fingerprint& fingerprint, const FingerprintMatch& match,
                const DuplicateOptions& options) {
  double sum = 0;
  double squares = 0;
  std::int64_t count = 0;
  for (std::int64_t away = kNearestControlFrames; away <= kFarthestControlFrames;
       away += kControlStepFrames) {
    for (const std::int64_t offset : {match.offset_frames - away, match.offset_frames + away}) {
      const FingerprintMatch control = compare_at(indexed, fingerprint, offset);
      if (control.common_frames < kMinTellingFrames) continue;
      sum += control.similarity;
      squares += control.similarity * control.similarity;
      ++count;
    }
  }
  if (count < kMinControls) return true;  // too short to tell
  const double mean = sum / static_cast<double>(count);
  const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean));
  const double above = match.similarity - mean;
  if (above < kMinStandOut * deviation) return false;
  // As if chance were a half.
  const double similarity = mean > 0.5 ? 0.5 + 0.5 * above / (1 - mean) : match.similarity;
  return similarity >= options.min_similarity;
}

}  // namespace

bool is_duplicate(const FingerprintMatch& match, std::int64_t new_telling_count,
                  std::int64_t indexed_telling_count, const DuplicateOptions& options) {
  const std::int64_t shorter = std::min(new_telling_count, indexed_telling_count);
  if (match.common_frames < kMinCommonFrames) return false;
  if (static_cast<double>(match.common_frames) < options.min_overlap * static_cast<double>(shorter))
    return false;
  return match.similarity >=
         options.min_similarity + 0.5 / std::sqrt(static_cast<double>(match.common_frames));
}

struct DuplicateIndex::State {
  Fetch fetch;
  DuplicateOptions options;
  std::vector<std::int64_t> clip_ids;
  std::array<std::vector<std::vector<Entry>>, 2> halves;  // buckets by the low and by the high 16 bits

  void vote(const Fingerprint& fingerprint, std::size_t frame, int half, std::vector<Vote>& votes) const {
    const std::uint32_t word = fingerprint.words[frame];
    const std::uint32_t second = word_at(fingerprint, frame + kSecondWordFrames);
    const int shift = 16 * half;
    for_each_variant(
        word >> shift & 0xffff, fingerprint.weak_bits[frame] >> shift & 0xffff, [&](std::uint32_t key) {
          for (const Entry& entry : halves[static_cast<std::size_t>(half)][key]) {
            const int different =
                std::popcount(entry.word ^ word) + std::popcount(entry.second_word ^ second);
            if (different > kMaxDifferentBits) continue;
            votes.push_back(
                {entry.clip, static_cast<std::int32_t>(entry.frame) - static_cast<std::int32_t>(frame)});
          }
        });
  }
};

DuplicateIndex::DuplicateIndex(Fetch fetch, const DuplicateOptions& options)
    : state_(std::make_unique<State>()) {
  state_->fetch = std::move(fetch);
  state_->options = options;
  for (auto& buckets : state_->halves) buckets.resize(1u << 16);
}

DuplicateIndex::~DuplicateIndex() = default;

void DuplicateIndex::add(std::int64_t clip_id, const Fingerprint& fingerprint) {
  if (fingerprint.telling_count() < kMinTellingFrames) return;
  const auto clip = static_cast<std::uint32_t>(state_->clip_ids.size());
  state_->clip_ids.push_back(clip_id);
  for (const std::uint32_t frame : fingerprint.landmarks) {
    const std::uint32_t word = fingerprint.words[frame];
    const Entry entry{word, word_at(fingerprint, frame + kSecondWordFrames), clip, frame};
    state_->halves[0][word & 0xffff].push_back(entry);
    state_->halves[1][word >> 16].push_back(entry);
  }
}

std::optional<DuplicateMatch> DuplicateIndex::find(const Fingerprint& fingerprint) const {
  const std::int64_t telling = fingerprint.telling_count();
  if (telling < kMinTellingFrames) return std::nullopt;
  std::vector<Vote> votes;
  for (std::size_t frame = 0; frame < fingerprint.words.size(); ++frame) {
    if (fingerprint.words[frame] == 0) continue;
    state_->vote(fingerprint, frame, 0, votes);
    state_->vote(fingerprint, frame, 1, votes);
  }
  std::optional<DuplicateMatch> best;
  bool alone = true;
  for (const Candidate& candidate : count_votes(votes)) {
    const std::int64_t clip_id = state_->clip_ids[candidate.clip];
    const Fingerprint indexed = state_->fetch(clip_id);
    FingerprintMatch nearest;
    for (std::int64_t slack = -kOffsetSlackFrames; slack <= kOffsetSlackFrames; ++slack) {
      const auto match = compare_at(indexed, fingerprint, candidate.offset_frames + slack);
      if (is_duplicate(match, telling, indexed.telling_count(), state_->options) &&
          match.similarity > nearest.similarity)
        nearest = match;
    }
    if (nearest.similarity <= 0 ||
        (best && best->clip_id == clip_id && best->match.similarity >= nearest.similarity))
      continue;
    if (!stands_out(indexed, fingerprint, nearest, state_->options)) continue;
    alone = alone && (!best || best->clip_id == clip_id);
    if (best && best->match.similarity >= nearest.similarity) continue;
    best = {clip_id, nearest, static_cast<double>(nearest.common_frames) / static_cast<double>(telling)};
  }
  if (best) best->alone = alone;
  return best;
}

}  // namespace pupil::corpus
