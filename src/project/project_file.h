// SPDX-License-Identifier: Apache-2.0
// pupil.toml: what a project tells apart and how its stages work. Read once, checked whole: an unknown key, a
// wrong type or a value out of range names file, line and the nearest known key.
//
// Each section is a struct that lists its keys once, with default, range and the comment that `pupil init`
// writes. Reading, the commented default file and the configuration hashes of the stages walk that list.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/range.h"

namespace pupil {

/// The class behind all others of a project with broad negatives: what nobody named.
inline constexpr std::string_view kNoneOfThese = "none of these";

/// A class of sound, or (in `negatives`) one that is told apart but not reported.
struct SoundClass {
  /// Shown, stored in model files; see label_fault() in name.h. Differs from all others in more than case or blanks.
  std::string name;
  /// Phrases that describe it for CLAP; their embeddings are averaged. At least one, or `audioset` or `examples`.
  std::vector<std::string> prompts;
  /// AudioSet names that an AudioSet tagger maps to it; may be empty when only CLAP labels.
  std::vector<std::string> audioset;
  /// What the separator is asked for; empty: the first prompt.
  std::string query;
  /// Given labels (folder names, values of a CSV column) that mean it, beside its own name; a last '*' stands for
  /// any ending. For measuring against truth, and for [train] use_given_labels. The first class that means a label has it, so
  /// one that would never have any is an error.
  std::vector<std::string> given;
  /// A folder of clips that show it, relative to the project's; empty: none. They train, and are certain of their class;
  /// for a teacher that has no words for the class they stand for these.
  std::string examples;

  /// Whether a given label means this class.
  bool is_meant_by(std::string_view given_label) const;
};

/// Where recordings come from: one [[source]] table. The keys are the options of `pupil collect`.
struct SourceSpec {
  std::string
      path;         ///< a folder, an index of a known kind, or a recording; relative: to the project's folder
  std::string csv;  ///< or any index, with its columns; relative likewise
  // Or the web (src/harvest); of all these a table names one.
  std::string search;           ///< a sound library
  std::string urls;             ///< a list of addresses
  std::string segments;         ///< stretches of videos, in AudioSet's form
  std::string video;            ///< the address of a video
  std::string query;            ///< of `search`: words instead of the classes' own prompts
  std::string by = "words";     ///< of `search`: "words" or "meaning"
  bool hard_negatives = false;  ///< of `search`: what the last report confused, instead of the classes
  std::string label;            ///< given to all that comes, as a folder's name is
  std::string root;
  std::string layout = "auto";
  std::string path_column = "path";
  std::string label_column;
  std::string group_column;
  std::string split_column;
  std::string licence_column;
  std::string author_column;
  std::string source_column;
  std::string onset_column;
  std::string offset_column;
  std::string label_separator;
  std::vector<std::string> split_map;
  std::string licence;
  std::string author;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("path", path, "A folder, an index of a known kind, or a recording.");
    v("csv", csv, "Or any index with columns.");
    v("search", search,
      Choices{"", "freesound", "openverse", "commons", "archive", "xeno_canto", "inaturalist"},
      "Or a sound library, searched for the classes' prompts.");
    v("urls", urls, "Or a text file with one address of a recording per line.");
    v("segments", segments, "Or a CSV of stretches of videos, as AudioSet's: YTID, start, end, labels.");
    v("video", video, "Or the address of a video (through yt-dlp).");
    v("query", query, "What `search` looks for, instead of the classes' prompts.");
    v("by", by, Choices{"words", "meaning"},
      "How `search` asks: by \"words\", or by \"meaning\", the teacher's embedding of the class (freesound, with clap-630k-audioset-fusion as teacher).");
    v("hard_negatives", hard_negatives,
      "`search` looks for the sounds that the last report confused with the classes.");
    v("label", label, "Given label of all recordings of `urls`, `video`, or of `search` with a `query`.");
    v("root", root, "Folder that the paths of `csv` start from, if not its own.");
    v("layout", layout, Choices{"auto", "plain", "classes", "esc50", "audiofolder", "device", "submissions"},
      "How a folder is read.");
    v("path_column", path_column, "Column of `csv`: the file.");
    v("label_column", label_column, "Column: the given label.");
    v("group_column", group_column, "Column: the recording a clip was cut from; never divided by splits.");
    v("split_column", split_column, "Column: train, val or test (or see split_map).");
    v("licence_column", licence_column, "Column: licence of the recording.");
    v("author_column", author_column, "Column: who made it.");
    v("source_column", source_column, "Column: where it was published.");
    v("onset_column", onset_column, "Column: where the label begins, seconds.");
    v("offset_column", offset_column, "Column: where the label ends, seconds.");
    v("label_separator", label_separator, "Splits a cell that holds several labels.");
    v("split_map", split_map, "What folds or other split values stand for: [\"1=train\", \"5=test\"].");
    v("licence", licence, "Licence of recordings that name none.");
    v("author", author, "Author of recordings that name none.");
  }
};

/// How recordings come from the web (docs/collect.md).
struct HarvestSection {
  std::string contact;
  std::string keys = "harvest.keys";
  double max_duration_s = 60.0;
  std::int64_t max_megabytes = 50;
  std::int64_t clips = 200;
  double hours = 0.0;
  std::int64_t requests = 1000;
  std::int64_t recordings = 100;
  std::int64_t authors = 20;
  std::int64_t devices = 5;
  double preview_score = 0.1;
  std::vector<std::string> endpoints;
  std::vector<std::string> limits;
  std::string yt_dlp = "yt-dlp";

  template <typename Visitor>
  void visit(Visitor& v) {
    v("contact", contact,
      "Your address, for the user agent: libraries ask for one, some turn away who has none.");
    v("keys", keys,
      "File with the libraries' keys (a line each: freesound = KEY), if not in FREESOUND_KEY and so on.");
    v("max_duration_s", max_duration_s, Range{0.1, 36000}, "Longer recordings are not fetched.");
    v("max_megabytes", max_megabytes, Range{1, 100000}, "Nor larger files.");
    v("clips", clips, Range{0, 1e9}, "Enough for a class; 0: no limit.");
    v("hours", hours, Range{0, 1e6}, "Enough for a class; 0: no limit.");
    v("requests", requests, Range{1, 1e9}, "To all libraries in one run.");
    v("recordings", recordings, Range{0, 1e9},
      "A class that has so many recordings from the web, by so many authors, with so many devices, is searched for no longer.");
    v("authors", authors, Range{0, 1e9}, "Likewise; 0 of all three: a class is searched for up to `clips`.");
    v("devices", devices, Range{0, 1e9},
      "Likewise; of a recording whose device is not stated its author counts.");
    v("preview_score", preview_score, Range{0, 1},
      "Results to which the teacher gives less probability of their class are not kept; 0: off, nothing is scored.");
    v("endpoints", endpoints, "Other addresses of libraries: [\"freesound=http://127.0.0.1:8000\"].");
    v("limits", limits, "Other limits of requests: [\"freesound=60/60 2000/86400\"] (count/seconds).");
    v("yt_dlp", yt_dlp, "The program for videos.");
  }
};

struct LicenceSection {
  std::vector<std::string> allow;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("allow", allow,
      "What the model may learn from: [\"CC0-1.0\", \"CC-BY\", \"CC-BY-SA-4.0\", \"PDM-1.0\"]; empty: anything. Without a version: any of it.");
  }
};

struct CollectSection {
  std::int64_t sample_rate_hz = 32000;
  std::string channel = "mean";
  double min_duration_s = 0.1;
  double silence_db = -70.0;
  double clipped_share = 0.05;
  bool near_duplicates = true;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("sample_rate_hz", sample_rate_hz, Range{8000, 96000},
      "Audio is stored at this rate, or at its own where that is lower.");
    v("channel", channel,
      "\"mean\" of all channels, or a channel's number from 0: use it when the mean cancels.");
    v("min_duration_s", min_duration_s, Range{0, 3600}, "Shorter clips are set aside.");
    v("silence_db", silence_db, Range{-120, 0},
      "Clips whose peak is below this level (dB of full scale) are set aside as silent.");
    v("clipped_share", clipped_share, Range{0, 1},
      "Clips with more than this share of samples at full scale are set aside.");
    v("near_duplicates", near_duplicates, "Set aside the same take re-encoded, trimmed or made louder.");
  }
};

struct SplitSection {
  double val = 0.15;
  double test = 0.15;
  std::int64_t seed = 1;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("val", val, Range{0, 0.9}, "Share of recording groups for choosing (thresholds, early stop).");
    v("test", test, Range{0, 0.9}, "Share of recording groups for the final figures; never trained on.");
    v("seed", seed, kSeedRange, "Another seed, another division. A split given with the source wins.");
  }
};

struct WindowSection {
  double length_s = 1.0;
  double hop_s = 0.5;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("length_s", length_s, Range{0.1, 30}, "Seconds that are scored and learned at once.");
    v("hop_s", hop_s, Range{0.05, 30}, "Seconds from one window's start to the next.");
  }
};

struct SeparateSection {
  std::string mode = "off";
  std::string model = "sep-nano";
  std::string query;
  double mix = 0.0;
  std::string precision = "f32";

  template <typename Visitor>
  void visit(Visitor& v) {
    v("mode", mode, Choices{"off", "separated", "both"},
      "\"off\", \"separated\" (label and learn only that view) or \"both\" views.");
    v("model", model, "Separator: a built-in name or a checkpoint's path.");
    v("query", query, "One query for all classes, such as \"dog sounds\"; empty: one query per class.");
    v("mix", mix, Range{0, 1}, "Share of the original that is blended back.");
    v("precision", precision, Choices{"f32", "bf16"}, "\"bf16\" is faster on processors that have it.");
  }
};

/// One teacher of an ensemble.
struct TeacherSpec {
  std::string model;
  double weight = 1.0;
  double temperature = 1.0;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("model", model, "A built-in name, a fetched model's name, a path or a URL.");
    v("weight", weight, Range{0, 1000}, "Its share in the average.");
    v("temperature", temperature, Range{0.01, 100}, "Above 1 softens its scores before the average.");
  }

  std::string_view fault() const { return model.empty() ? "`model` is missing" : ""; }
};

struct TeacherSection {
  std::string model = "clap-nano";
  std::vector<TeacherSpec> ensemble;
  std::string input = "context";
  double context_s = 5.0;
  std::string precision = "f32";
  std::int64_t batch = 8;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("model", model, "Teacher: a built-in name, a fetched model's name, a path or a URL.");
    v("ensemble", ensemble,
      "Several teachers instead of `model`: [{model = \"a\", weight = 1, temperature = 1}, ...].");
    v("input", input, Choices{"window", "context", "clip"},
      "What it gets for a window: the \"window\" alone, the window in \"context\", or the whole \"clip\".");
    v("context_s", context_s, Range{0.1, 60}, "Seconds around a window when input = \"context\".");
    v("precision", precision, Choices{"f32", "bf16"}, "\"bf16\" is faster on processors that have it.");
    v("batch", batch, Range{1, 1024}, "Windows that are scored at once; more needs more memory.");
  }

  /// The teachers to use: `ensemble`, or `model` alone.
  std::vector<TeacherSpec> teachers() const;
};

struct LabelSection {
  double accept = 0.6;
  double margin = 0.2;
  double reject = 0.3;
  double activity_db = 3.0;
  std::int64_t max_per_class = 0;
  std::string refine = "auto";
  std::int64_t fixed_per_class = 0;
  bool broad_negatives = true;
  std::string negative_bank = "negatives";

  template <typename Visitor>
  void visit(Visitor& v) {
    v("accept", accept, Range{0, 1},
      "A window is accepted when its best class has at least this probability...");
    v("margin", margin, Range{0, 1}, "...and leads the second by this much. Others are kept for review.");
    v("reject", reject, Range{0, 1}, "Below this best probability it is none of the classes.");
    v("activity_db", activity_db, Range{0, 60},
      "Windows less than this above their clip's floor are not scored: background.");
    v("max_per_class", max_per_class, Range{0, 1e9},
      "At most so many accepted windows per class, the surest first; 0: all.");
    v("refine", refine, Choices{"auto", "on", "off"},
      "Clips that sound alike are given one class, whatever their scores by name; \"auto\": where the first teacher's embedding agrees with the names.");
    v("fixed_per_class", fixed_per_class, Range{0, 1e9},
      "The refinement takes so many given labels of training clips a class for certain; 0: none.");
    v("broad_negatives", broad_negatives,
      "Everyday sounds that nobody named are told apart from the classes, as \"none of these\".");
    v("negative_bank", negative_bank,
      "Recordings of such sounds, learned and listened to for thresholds: \"negatives\", a folder of your own; empty: none.");
  }
};

struct TrainSection {
  // The student
  std::string size = "small";
  std::string body = "inverted";
  std::vector<std::string> blocks;
  std::string init = "auto";
  std::int64_t mel_count = 64;
  double hop_ms = 10.0;
  double frame_ms = 25.0;
  // The run
  std::string device = "auto";
  std::int64_t threads = 0;
  std::int64_t epochs = 60;
  std::int64_t batch = 64;
  double learning_rate = 3e-3;
  double weight_decay = 0.01;
  double warm_up = 0.05;
  double ema = 0.999;
  double balance = 0.5;
  double checkpoint_s = 60.0;
  std::int64_t seed = 1;
  // What is learned
  double alpha = 0.1;
  double temperature = 2.0;
  double embedding = 0.0;
  bool multi_label = false;
  bool doubtful = false;
  bool use_given_labels = false;
  bool absent_classes = false;
  std::string views = "all";
  // Augmentation
  double mixup = 0.5;
  double noise = 0.3;
  double snr_low_db = 0.0;
  double snr_high_db = 25.0;
  double gain_db = 8.0;
  double shift_s = 0.2;
  double colour = 0.3;
  double colour_db = 8.0;
  std::string impulse_responses;
  double microphone = 0.6;
  double room = 0.2;
  double mask_time = 0.1;
  double mask_mel = 0.12;
  double mixstyle = 0.3;
  // Quantisation
  double quantise_epochs = 0.1;
  double quantise_rate = 0.05;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("size", size, "The student: \"tiny\", \"small\" or \"base\".");
    v("body", body, Choices{"inverted", "separable", "cp", "plain"},
      "Its blocks: \"inverted\" residuals, \"separable\", \"cp\" (as CP-Mobile) or \"plain\" convolutions.");
    v("blocks", blocks,
      "Your own table instead, one line per block: [\"conv 16 k3x3 s2x2\", \"inverted 24 x2 s2x2\", ...] (docs/student.md).");
    v("init", init,
      "What its body begins with: the backbone that ships for it (\"auto\"), \"none\" (random weights), or another's name or path (pupil pretrain student).");
    v("mel_count", mel_count, Range{8, 256}, "Mel bins that it sees.");
    v("hop_ms", hop_ms, Range{1, 100}, "From one frame to the next; twice as long is nearly half the work.");
    v("frame_ms", frame_ms, Range{2, 128},
      "Sound under one frame: longer resolves pitch, shorter resolves clicks.");
    v("device", device, Choices{"auto", "cpu", "cuda"}, "\"auto\" takes a GPU when there is one.");
    v("threads", threads, kThreadRange, "Processors to use; 0: all. The result does not depend on it.");
    v("epochs", epochs, Range{1, 100000}, "Passes over the accepted windows.");
    v("batch", batch, Range{2, 65536}, "Windows per step.");
    v("learning_rate", learning_rate, Range{1e-7, 1}, "At the top of the warm-up; falls along a cosine.");
    v("weight_decay", weight_decay, Range{0, 1}, "AdamW's.");
    v("warm_up", warm_up, Range{0, 0.5}, "Share of the steps in which the learning rate rises.");
    v("ema", ema, Range{0, 0.99999},
      "The student is a running average of the weights with this memory; 0: the last weights.");
    v("balance", balance, Range{0, 1}, "0: every window as often; 1: every class as often.");
    v("checkpoint_s", checkpoint_s, Range{0, 86400},
      "Seconds between checkpoints: what a kill costs at most.");
    v("seed", seed, kSeedRange, "Same inputs and seed, same bytes.");
    v("alpha", alpha, Range{0, 1}, "Weight of the hard labels; the rest follows the teacher's soft targets.");
    v("temperature", temperature, Range{0.1, 100}, "Softens both sides of the distillation loss.");
    v("embedding", embedding, Range{0, 100}, "Weight of the cosine distance to the teacher's embedding.");
    v("multi_label", multi_label,
      "Several classes may be heard at once: a sigmoid per class instead of one softmax.");
    v("doubtful", doubtful, "Learn the soft targets of doubtful windows too.");
    v("use_given_labels", use_given_labels,
      "Learn from given labels too: for comparisons, not for a product without labels.");
    v("absent_classes", absent_classes,
      "Go on though a class has no accepted window: the student will not know it.");
    v("views", views, Choices{"all", "original", "separated"}, "Which of the labelled views are learned.");
    v("mixup", mixup, Range{0, 1}, "Probability that two windows are mixed, with their targets.");
    v("noise", noise, Range{0, 1}, "Probability that background is mixed in, without its target.");
    v("snr_low_db", snr_low_db, Range{-30, 60}, "Background is at least so far below the sound...");
    v("snr_high_db", snr_high_db, Range{-30, 90}, "...and at most so far.");
    v("gain_db", gain_db, Range{0, 60}, "Windows are made louder or softer by up to so much.");
    v("shift_s", shift_s, Range{0, 10}, "Windows begin up to so much earlier or later.");
    v("colour", colour, Range{0, 1}, "Probability of a synthetic device's frequency response.");
    v("colour_db", colour_db, Range{0, 30}, "How strong that is.");
    v("impulse_responses", impulse_responses,
      "A folder of measured impulse responses of microphones (WAV, FLAC...), instead of some of the synthetic ones; empty: none.");
    v("microphone", microphone, Range{0, 1}, "Probability of one of them, where there are any.");
    v("room", room, Range{0, 1}, "Probability of a synthetic room.");
    v("mask_time", mask_time, Range{0, 0.9},
      "SpecAugment: up to this share of the frames is blanked, twice.");
    v("mask_mel", mask_mel, Range{0, 0.9},
      "SpecAugment: up to this share of the mel bins is blanked, twice.");
    v("mixstyle", mixstyle, Range{0, 1},
      "Probability that a window's spectral statistics are mixed with another's.");
    v("quantise_epochs", quantise_epochs, Range{0, 10},
      "Quantisation-aware epochs at the end, as a share of `epochs`; 0: ranges are measured only.");
    v("quantise_rate", quantise_rate, Range{0, 10}, "Their learning rate, as a share of `learning_rate`.");
  }
};

struct ExportSection {
  std::string target = "false_alarms";
  double target_precision = 0.8;
  double target_false_alarms_per_hour = 1.0;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("target", target, Choices{"precision", "false_alarms"},
      "What the thresholds promise: a rate of \"false_alarms\" on other sounds, or a \"precision\" on validation windows.");
    v("target_precision", target_precision, Range{0.01, 1}, "Share of a class's detections that are right.");
    v("target_false_alarms_per_hour", target_false_alarms_per_hour, Range{0, 3600},
      "False alarms in an hour of other sounds, all classes together.");
  }
};

struct Project {
  std::filesystem::path dir;   ///< The project's folder.
  std::string name = "pupil";  ///< The model's files are named so; see file_name_fault() in name.h.
  std::vector<SoundClass> classes;
  std::vector<SoundClass> negatives;
  /// Given labels that mean one of `classes` without saying which ("dog"); '*' as in SoundClass::given.
  std::vector<std::string> any_class;
  /// What `pupil run` and `pupil collect DIR` bring in.
  std::vector<SourceSpec> sources;
  CollectSection collect;
  HarvestSection harvest;
  LicenceSection licence;
  SplitSection split;
  WindowSection window;
  SeparateSection separate;
  TeacherSection teacher;
  LabelSection label;
  TrainSection train;
  ExportSection exporting;  ///< [export]

  template <typename Visitor>
  void visit_sections(Visitor& v) {
    v.section("collect", collect, "How audio comes in (pupil collect).");
    v.section("harvest", harvest, "Recordings from the web (pupil collect, pupil search).");
    v.section("licence", licence, "Whose recordings the model may learn from.");
    v.section("split", split, "Which recordings train and which judge; a recording is never divided.");
    v.section("window", window, "The stretch of sound that is scored and learned.");
    v.section("separate", separate, "Lifting the sounds out of their background (pupil separate).");
    v.section("teacher", teacher, "The large model that labels (pupil label).");
    v.section("label", label, "Which of the teacher's decisions are believed (pupil label).");
    v.section("train", train, "The student and how it learns (pupil train).");
    v.section("export", exporting, "What the exported model promises (pupil export).");
  }

  /// classes, then negatives: what pupil.toml names.
  std::vector<SoundClass> named_classes() const;
  /// named_classes(), then, with [label] broad_negatives, kNoneOfThese: what labels and the model tell apart, the order
  /// of every soft target and every score of a student.
  std::vector<SoundClass> all_classes() const;

  /// Index in named_classes() of the class that a given label means; -1: none of them.
  std::int32_t class_of(std::string_view given_label) const;
  /// Whether a given label means some class, named or not: not a negative and not unknown.
  bool means_any_class(std::string_view given_label) const;
};

/// Reads `dir`/pupil.toml and warns of what can hardly be meant (a prompt of two classes). A path in [train] init that
/// is there, relative to `dir`, is completed. Error: no such file (with
/// the command that makes one), or the first thing wrong in it as "pupil.toml:12: [window] lenght_s: unknown key, did
/// you mean 'length_s'?".
Project load_project(const std::filesystem::path& dir);

/// As load_project() for a text; `file_name` stands in errors. `dir` of the result is empty.
Project parse_project(std::string_view text, std::string_view file_name);

/// The text of all sections with their defaults and comments, for `pupil init`. A line stands commented out
/// where it repeats the default, so that later defaults still reach the project.
std::string default_sections_text();

/// A section as JSON, for configuration hashes: every key with its value.
template <typename Section>
Json section_json(const Section& section);

namespace detail {
/// Walks a section into JSON.
class SectionWriter {
 public:
  template <typename Field, typename... Rest>
  void operator()(std::string_view key, const Field& field, const Rest&...) {
    json.set(key, Json(field));
  }
  template <typename... Rest>
  void operator()(std::string_view key, const std::vector<TeacherSpec>& field, const Rest&...) {
    Json list = Json(Json::Array());
    for (const TeacherSpec& spec : field) list.push_back(section_json(spec));
    json.set(key, list);
  }
  Json json = Json(Json::Object());
};
}  // namespace detail

template <typename Section>
Json section_json(const Section& section) {
  detail::SectionWriter writer;
  Section copy = section;  // visit() is one list for readers and writers, hence not const
  copy.visit(writer);
  return writer.json;
}

}  // namespace pupil
