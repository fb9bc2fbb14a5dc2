// SPDX-License-Identifier: Apache-2.0
// Recordings, clips, given labels (ground truth), licences and files set aside: what `collect` found.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Stored as these numbers; never renumber.
enum class Split : std::int32_t { train = 0, val = 1, test = 2 };

std::string_view split_name(Split split);

/// "train", "val" (also "valid", "validation", "dev"), "test" (also "eval", "evaluation"), any case; else
/// none.
std::optional<Split> parse_split(std::string_view name);

/// A label that came with a clip. Ground truth, kept apart from what a teacher says.
struct GivenLabel {
  std::string label;
  std::optional<double> onset_s;   ///< none: it holds somewhere in the clip
  std::optional<double> offset_s;  ///< together with onset_s or not at all
  bool operator==(const GivenLabel&) const = default;
};

/// The one class that given labels mean, by `class_of(label)` (-1: none). -1 too where they mean several, as the labels
/// of two copies of one take may: such a clip judges nobody.
template <typename ClassOf>
std::int32_t agreed_class(const std::vector<GivenLabel>& given, const ClassOf& class_of) {
  std::int32_t agreed = -1;
  for (const GivenLabel& one : given) {
    const std::int32_t index = class_of(one.label);
    if (index < 0 || index == agreed) continue;
    if (agreed >= 0) return -1;
    agreed = index;
  }
  return agreed;
}

/// One collected clip. Its audio is its views (views.h); `original_*` tells what the file was before it was
/// stored.
struct Clip {
  std::int64_t id = 0;
  std::string recording;       ///< name of the take it was cut from; unique to the clip where none was given
  Split split = Split::train;  ///< the recording's
  std::string hash;            ///< SHA-256 of the stored FLAC file: its name in the store (store.h)
  std::string source;          ///< the folder, CSV file or site it came from
  std::string path;            ///< path within the source, or the URL
  std::string author;
  std::string licence;
  std::string attribution_url;      ///< where it was published, if known
  std::int32_t sample_rate_hz = 0;  ///< as stored
  std::int64_t sample_count = 0;    ///< as stored
  std::int32_t original_rate_hz = 0;
  std::int32_t original_channel_count = 0;
  std::string original_codec;
  std::vector<GivenLabel> given;
  double duration_s() const { return sample_rate_hz > 0 ? double(sample_count) / sample_rate_hz : 0.0; }
};

/// Why a file did not become a clip. Stored by name; a name is never given another meaning.
enum class SetAsideReason {
  undecodable,
  too_short,
  silent,
  clipped,
  exact_duplicate,
  near_duplicate,
  unreadable,  ///< the file could not be read; it is tried again by the next collect
  damaged,     ///< too many of its samples are not numbers
  licence,     ///< [licence] allow does not have it
};

std::string_view set_aside_reason_name(SetAsideReason reason);

struct SetAside {
  std::string source;
  std::string path;
  SetAsideReason reason = SetAsideReason::undecodable;
  std::string detail;              ///< one line: the decoder's words, the measured level...
  std::int64_t other_clip_id = 0;  ///< of duplicates: the clip that was kept; else 0
};

/// Clips to read. Every field narrows.
struct ClipFilter {
  std::optional<Split> split;
  std::string given;  ///< clips that carry this given label; empty: any
};

/// The clip with this id. Error: there is none.
Clip get_clip(Catalogue& catalogue, std::int64_t clip_id);

/// Calls `visit` with every matching clip, ascending id. Memory is flat. `visit` may write to the catalogue
/// only inside a Transaction that was opened before.
void for_each_clip(Catalogue& catalogue, const ClipFilter& filter,
                   const std::function<void(const Clip&)>& visit);

std::int64_t count_clips(Catalogue& catalogue, const ClipFilter& filter = {});

/// All given labels' names, sorted.
std::vector<std::string> given_label_names(Catalogue& catalogue);

/// All files set aside, in the order found; of one reason where one is given.
std::vector<SetAside> list_set_aside(Catalogue& catalogue, std::optional<SetAsideReason> reason = {});

/// What `pupil licences` prints: one row per author, licence, source and address, with the number of clips.
struct Attribution {
  std::string author;
  std::string licence;
  std::string source;
  std::string attribution_url;
  std::int64_t clip_count = 0;
  double duration_s = 0;
};

std::vector<Attribution> list_attributions(Catalogue& catalogue);

}  // namespace pupil::corpus
