// SPDX-License-Identifier: Apache-2.0
// What teachers said of windows: embeddings (audio tower), scores (per class), labels (decided, with soft
// targets), and skips (a window or clip that a stage could not use, with the reason).
//
// Three configurations, so that a change costs only what hangs on it:
//   "embed"  teacher weights, its input                -> embeddings  (costly; a changed prompt does not touch them)
//   "score"  an "embed" hash + prompts or class names  -> scores      (cheap)
//   "label"  "score" hashes + weights, thresholds      -> labels      (cheap)

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/views.h"
#include "corpus/windows.h"

namespace pupil::corpus {

// ---- Pending work. All lists ascend by id, begin after `after_id` and hold at most `limit`: read a batch,
// compute, write its results in one Transaction, go on after the batch's last id.

/// Windows of `filter` with neither an embedding nor a skip under `embed_config_id`.
std::vector<Window> pending_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                       std::int64_t embed_config_id, std::int64_t after_id,
                                       std::int64_t limit);

/// Good views that have windows of `filter`, with neither an embedding nor a skip: for teachers that embed
/// whole clips.
std::vector<View> pending_view_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                          std::int64_t embed_config_id, std::int64_t after_id,
                                          std::int64_t limit);

std::vector<Window> pending_scores(Catalogue& catalogue, const WindowFilter& filter,
                                   std::int64_t score_config_id, std::int64_t after_id, std::int64_t limit);

std::vector<Window> pending_labels(Catalogue& catalogue, const WindowFilter& filter,
                                   std::int64_t label_config_id, std::int64_t after_id, std::int64_t limit);

std::int64_t count_pending_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                      std::int64_t embed_config_id);
std::int64_t count_pending_view_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                           std::int64_t embed_config_id);
std::int64_t count_pending_scores(Catalogue& catalogue, const WindowFilter& filter,
                                  std::int64_t score_config_id);
std::int64_t count_pending_labels(Catalogue& catalogue, const WindowFilter& filter,
                                  std::int64_t label_config_id);

// ---- Results. Putting again replaces. Values are float32, stored little-endian; NaN is an Error (skip
// instead).

/// `values`: whatever the teacher's audio tower gives for a window: CLAP's embedding [D], a tagger's outputs
/// [527].
void put_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t window_id,
                   std::span<const float> values);
void put_view_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t view_id,
                        std::span<const float> values);

/// Empty when there is none.
std::vector<float> get_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t window_id);
std::vector<float> get_view_embedding(Catalogue& catalogue, std::int64_t embed_config_id,
                                      std::int64_t view_id);

/// `values` [K]: one number per class and negative in the order of the configuration's text (a logit, before
/// softmax).
void put_scores(Catalogue& catalogue, std::int64_t score_config_id, std::int64_t window_id,
                std::span<const float> values);
std::vector<float> get_scores(Catalogue& catalogue, std::int64_t score_config_id, std::int64_t window_id);

/// The scores of all windows of `filter` that have some, in an order that comes from their audio alone, so that
/// sums over them are the same to the bit whatever order the clips came in; memory is flat. For statistics over the
/// corpus (standardising a tagger's scores per class).
void for_each_scores(Catalogue& catalogue, const WindowFilter& filter, std::int64_t score_config_id,
                     const std::function<void(std::span<const float> values)>& visit);

/// What curation decided. Stored as these numbers; never renumber.
enum class Verdict : std::int32_t {
  accepted = 0,       ///< sure: train on it
  doubtful = 1,       ///< for review
  none_of_these = 2,  ///< surely none of the classes
  background = 3,     ///< below the activity level: never scored, may only serve as background
  capped = 4,         ///< sure, but its class has enough already
};

std::string_view verdict_name(Verdict verdict);

struct WindowLabel {
  std::int64_t window_id = 0;
  Verdict verdict = Verdict::doubtful;
  std::string label;  ///< the hard label: class with the highest soft target; empty where none
  std::vector<float>
      soft;  ///< soft target [K], sums to 1, in the order of the configuration's text; empty for background
  double confidence = 0;  ///< highest of `soft`
  double margin = 0;      ///< highest minus second of `soft`
  double entropy = 0;     ///< of `soft`, nats
};

void put_label(Catalogue& catalogue, std::int64_t label_config_id, const WindowLabel& label);
std::optional<WindowLabel> get_label(Catalogue& catalogue, std::int64_t label_config_id,
                                     std::int64_t window_id);

/// Accepted windows of each class beyond the surest `limit` become capped; of equally sure ones the audio decides.
/// A person's reviews count for nothing here: they hold whatever the verdict under them.
void cap_accepted(Catalogue& catalogue, std::int64_t label_config_id, std::int64_t limit);

/// A labelled window with all that training and evaluation need.
struct LabelledWindow {
  Window window;
  std::string
      view_hash;  ///< audio: Store::read_window(view_hash, window.start_sample, window.length_samples)
  std::int32_t sample_rate_hz = 0;
  ViewKind view_kind = ViewKind::original;
  Split split = Split::train;
  std::string recording;
  WindowLabel label;
  bool rejected = false;  ///< a person said that it is not `label.label`, and not what it is
};

/// Windows of `filter` that have a label, in an order that comes from their audio alone (windows of a view together,
/// by start), memory flat; only of `verdict` where one is given.
/// What people sent and nobody has reviewed is left out (submissions.h).
/// A person's review of the window (reviews.h) overrides the teacher: verdict and label are the reviewed ones
/// then. Where a person only said that it is not what it is called, it is doubtful.
void for_each_labelled_window(Catalogue& catalogue, const WindowFilter& filter, std::int64_t label_config_id,
                              std::optional<Verdict> verdict,
                              const std::function<void(const LabelledWindow&)>& visit);

// ---- Skips: items a stage could not use. A skipped item is no longer pending for that configuration.

void put_window_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t window_id,
                     std::string_view reason, std::string_view detail);
void put_view_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t view_id,
                   std::string_view reason, std::string_view detail);
void put_clip_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t clip_id,
                   std::string_view reason, std::string_view detail);

struct SkipCount {
  std::string reason;
  std::int64_t count = 0;
};
std::vector<SkipCount> count_skips(Catalogue& catalogue, std::int64_t config_id);

/// Makes a configuration's skipped items pending again.
void clear_skips(Catalogue& catalogue, std::int64_t config_id);

}  // namespace pupil::corpus
