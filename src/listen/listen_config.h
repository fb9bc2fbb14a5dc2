// SPDX-License-Identifier: Apache-2.0
// listen.toml: what to listen to, with which models, and where findings go. Read once, checked whole. Each section lists
// its keys once; reading and the commented file of `pupil listen --init` walk that list.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "base/toml.h"
#include "listen/event.h"

namespace pupil::listen {

/// Hours of the day on the place's clock; may go over midnight.
struct QuietHours {
  int from_minute = 0;
  int to_minute = 0;  ///< not of it
  bool covers(int minute) const;
};

/// "22:00-06:30". Error: another text.
QuietHours parse_quiet_hours(std::string_view text);

/// When scores become an event. A class's rule is [events], overridden by every [[rule]] that fits, in their order.
struct EventRule {
  double threshold = 0;
  std::int64_t votes = 0;  ///< of rule_of(): at least 1
  std::int64_t of = 0;
  double release = 0.7;
  double min_length_s = 0;
  double merge_gap_s = 1.0;
  double cool_down_s = 0;
  std::vector<std::string> quiet;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("threshold", threshold, Range{0, 1},
      "A window with at least this score votes for its class; 0: the model's own.");
    v("votes", votes, Range{0, 32}, "An event begins when so many...");
    v("of", of, Range{0, 32},
      "...of the latest so many windows voted for it; 0: 6 of 10, or what is like it at another hop_ms.");
    v("release", release, Range{0, 1}, "It goes on while the score is at least this share of the threshold.");
    v("min_length_s", min_length_s, Range{0, 3600}, "Shorter ones are not reported.");
    v("merge_gap_s", merge_gap_s, Range{0, 3600}, "Pauses up to this long do not end it.");
    v("cool_down_s", cool_down_s, Range{0, 86400}, "After its end no other begins for so long.");
    v("quiet", quiet, "Hours without events, on the clock of the place: [\"22:00-06:30\"].");
  }
  bool operator==(const EventRule&) const = default;
};

/// One [[rule]]: what differs for a class, a source, or a class of a source. Numbers at their default are not given.
struct RuleSpec {
  std::string source;
  std::string class_name;
  double threshold = -1;
  std::int64_t votes = -1;
  std::int64_t of = -1;
  double release = -1;
  double min_length_s = -1;
  double merge_gap_s = -1;
  double cool_down_s = -1;
  std::vector<std::string> quiet;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("source", source, "Of this source; empty: of all.");
    v("class", class_name, "Of this class; empty: of all.");
    v("threshold", threshold, Range{0, 1}, "As in [events]; 0: the model's own.");
    v("votes", votes, Range{0, 32}, "As in [events].");
    v("of", of, Range{0, 32}, "As in [events].");
    v("release", release, Range{0, 1}, "As in [events].");
    v("min_length_s", min_length_s, Range{0, 3600}, "As in [events].");
    v("merge_gap_s", merge_gap_s, Range{0, 3600}, "As in [events].");
    v("cool_down_s", cool_down_s, Range{0, 86400}, "As in [events].");
    v("quiet", quiet, "As in [events].");
  }
};

struct ModelSpec {
  std::string name;
  std::string path;
  std::vector<std::string> sources;
  bool shadow = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("name", name, "For messages and metrics; empty: the file's name.");
    v("path", path, "A .pupil file; relative: to this file's folder. A new file in its place is taken over.");
    v("sources", sources, "Only these sources; empty: all.");
    v("shadow", shadow, "Runs beside the others for comparison: its events are counted and go nowhere else.");
  }
  bool operator==(const ModelSpec&) const = default;
};

struct InputSpec {
  std::string name;
  std::string input = "mic";
  double stall_s = 10;
  double silent_s = 20;
  std::string zeros = "restart";

  template <typename Visitor>
  void visit(Visitor& v) {
    v("name", name, "For events; letters, digits, - and _.");
    v("input", input,
      "\"mic\", \"mic:CARD\", \"mic:usb:VENDOR:PRODUCT[:SERIAL]\" (see pupil listen --devices), \"pulse[:NAME]\", \"pipewire[:NAME]\", an rtsp:// or http(s):// URL, \"cmd:PROGRAM\" that writes samples, \"-\", or a file.");
    v("stall_s", stall_s, Range{1, 3600}, "Without audio for so long it is started again.");
    v("silent_s", silent_s, Range{1, 86400},
      "One and the same value for so long counts as a dead microphone.");
    v("zeros", zeros, Choices{"restart", "accept"},
      "A dead microphone: \"restart\" it, or \"accept\" (a camera that gates its sound).");
  }
  bool operator==(const InputSpec&) const = default;
};

struct ListenSection {
  std::string home = "home";
  std::int64_t hop_ms = 100;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("home", home, "Folder of clips, near misses and verdicts; relative: to this file's folder.");
    v("hop_ms", hop_ms, Range{10, 10000},
      "From one window to the next, taken to the nearest the network can do.");
  }
};

struct ClipSection {
  std::string keep = "events";
  double pre_roll_s = 3;
  double post_roll_s = 2;
  double max_length_s = 20;
  std::int64_t quota_mb = 500;
  std::int64_t per_class_and_day = 50;
  std::int64_t index_days = 400;
  std::string speech_class = "speech";
  double speech_score = 0.2;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("keep", keep, Choices{"never", "events", "unless speech"},
      "Which events and near misses keep their audio: \"never\" any, \"events\" all, or all \"unless speech\" was near.");
    v("pre_roll_s", pre_roll_s, Range{0, 30}, "Sound before the event that its clip holds.");
    v("post_roll_s", post_roll_s, Range{0, 30}, "And after it.");
    v("max_length_s", max_length_s, Range{1, 120}, "Of a longer event the clip holds so much.");
    v("quota_mb", quota_mb, Range{1, 1e7},
      "Clips and index take at most so many megabytes; the oldest go first, those with a verdict last.");
    v("per_class_and_day", per_class_and_day, Range{1, 1e6},
      "At most so many clips of a class, source and day.");
    v("index_days", index_days, Range{1, 36500},
      "Events and near misses are listed for so long, with or without audio.");
    v("speech_class", speech_class, "The model's class that stands for speech.");
    v("speech_score", speech_score, Range{0, 1}, "A window counts as speech from this score of it.");
  }
};

struct NearMissSection {
  double floor = 0.3;
  std::int64_t clips_per_hour = 2;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("floor", floor, Range{0, 1}, "The best window of a minute is kept from this share of its threshold.");
    v("clips_per_hour", clips_per_hour, Range{0, 3600},
      "So many of a source and class keep their audio, the nearest of the hour.");
  }
};

struct ListenConfig {
  std::string file;  ///< for messages; empty: none was read
  std::filesystem::path folder;
  ListenSection listen;
  std::vector<ModelSpec> models;
  std::vector<InputSpec> sources;
  EventRule events;
  std::vector<RuleSpec> rules;
  ClipSection clips;
  NearMissSection near_misses;
  TomlNode::Array sinks;  ///< [[sink]] tables, each read by its own kind (sink_factory.h)

  template <typename Visitor>
  void visit_sections(Visitor& v) {
    v.section("listen", listen, "Where findings are kept.");
    v.section("events", events, "When scores become an event.");
    v.section("clips", clips, "Audio of events and near misses.");
    v.section("near_misses", near_misses, "What was nearly an event: why did it not ring?");
  }

  /// A relative path of the file, from the file's folder.
  std::filesystem::path path_of(const std::string& path) const { return folder / path; }

  /// The rule of a class of a source; `model_threshold` where none is given.
  EventRule rule_of(std::string_view source, std::string_view class_name, double model_threshold) const;
};

/// Error: as TomlSection, no [[model]], two sources or models of one name, a name with other letters, quiet hours that
/// are none, a rule for an unknown source, votes above `of`.
ListenConfig parse_listen_config(std::string_view text, std::string_view file_name);

/// Also says that there is no such file and what to do.
ListenConfig load_listen_config(const std::filesystem::path& path);

/// A model, the default microphone, all defaults.
ListenConfig default_listen_config(const std::string& model_path);

/// What `pupil listen --init` writes: every key with its comment and default, commented out where it need not be given.
/// `input` of the source and `home`: empty as by default.
std::string listen_config_text(std::string_view model_path, std::string_view input = "",
                               std::string_view home = "");

}  // namespace pupil::listen
