// SPDX-License-Identifier: Apache-2.0
// pupil bench duplicates: how many copies the fingerprint finds, and how often it is wrong.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/duplicate_index.h"
#include "corpus/sources.h"

namespace pupil::cli {
namespace {

constexpr std::int32_t kRateHz = 32000;

struct BenchDuplicatesOptions {
  static constexpr std::string_view kDetails =
      "Indexes every second recording of SOURCE, asks for copies that ffmpeg makes of --clips of them (they "
      "should be\n"
      "found) and for all clips of the other recordings (they should not). A copy in which nothing sounds (a "
      "trim that\n"
      "hits silence) cannot be told by anyone and is counted apart.";

  std::string source;
  std::int64_t clips = 100;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("SOURCE", source, "recordings");
    v.value("--clips", "N", clips, Range{1, 1e6}, "clips that are copied");
    v.flag("--json", json, "machine-readable output");
  }
};

struct CopyKind {
  const char* name;
  const char* arguments;  // of ffmpeg, between input and output
  const char* extension;
};

constexpr std::array<CopyKind, 9> kKinds = {{
    {"Opus 24 kbit/s", "-c:a libopus -b:a 24k", "opus"},
    {"MP3 48 kbit/s", "-c:a libmp3lame -b:a 48k -ar 32000 -ac 1", "mp3"},
    {"MP3 24 kbit/s, 16 kHz", "-c:a libmp3lame -b:a 24k -ar 16000 -ac 1", "mp3"},
    {"12 dB quieter", "-af volume=-12dB", "wav"},
    {"9 dB louder, clipped", "-af volume=9dB -c:a pcm_s16le", "wav"},
    {"trimmed to 3 s", "-af atrim=1.237:4.237", "wav"},
    {"trimmed to 1 s", "-af atrim=0.511:1.511", "wav"},
    {"trimmed to 0.5 s", "-af atrim=0.203:0.703", "wav"},
    {"trimmed to 2 s, 6 dB louder, Opus 32 kbit/s", "-af atrim=0.337:2.337,volume=6dB -c:a libopus -b:a 32k",
     "opus"},
}};

struct KindFigures {
  std::int64_t found = 0;  // the clip itself, or another take of its recording
  std::int64_t wrong = 0;  // a clip of another recording
  std::int64_t missed = 0;
  std::int64_t inaudible = 0;  // nothing sounds
};

struct DuplicateFigures {
  std::map<std::string, KindFigures> kinds;
  std::int64_t indexed = 0;
  std::int64_t strangers = 0;
  std::int64_t strangers_matched = 0;
  double precision() const;
};

double DuplicateFigures::precision() const {
  std::int64_t right = 0;
  std::int64_t wrong = strangers_matched;
  for (const auto& [name, kind] : kinds) {
    right += kind.found;
    wrong += kind.wrong;
  }
  return right + wrong > 0 ? static_cast<double>(right) / static_cast<double>(right + wrong) : 0;
}

corpus::Fingerprint fingerprint_of(const std::filesystem::path& file) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = kRateHz;
  decode.min_duration_s = 0;
  return corpus::fingerprint(audio::decode_file(file, decode), kRateHz);
}

class Measurement {
 public:
  explicit Measurement(const BenchDuplicatesOptions& options)
      : options_(options),
        source_(corpus::read_source(options.source)),
        index_([this](std::int64_t clip) { return indexed_.at(clip); }) {}

  DuplicateFigures run() {
    index_half();
    const std::int64_t step =
        std::max<std::int64_t>(1, std::ssize(indexed_) / std::max<std::int64_t>(1, options_.clips));
    std::int64_t number = 0;
    for (const auto& [clip, fingerprint] : indexed_) {
      if (number++ % step == 0) ask_for_copies(clip);
    }
    ask_for_strangers();
    figures_.indexed = std::ssize(indexed_);
    return figures_;
  }

 private:
  const std::string& recording(std::int64_t clip) const {
    return source_.items[static_cast<std::size_t>(clip)].recording;
  }

  // Recordings are dealt out one by one; clips without one are recordings of their own.
  void index_half() {
    std::map<std::string, bool> dealt;
    Progress progress("index", std::ssize(source_.items), "clips");
    for (std::int64_t clip = 0; clip < std::ssize(source_.items); ++clip, progress.advance()) {
      const auto& item = source_.items[static_cast<std::size_t>(clip)];
      const auto [known, added] =
          dealt.try_emplace(item.recording.empty() ? item.path : item.recording, dealt.size() % 2 == 0);
      if (!known->second) {
        strangers_.push_back(clip);
        continue;
      }
      indexed_[clip] = fingerprint_of(item.file);
      index_.add(clip, indexed_[clip]);
    }
  }

  void ask_for_copies(std::int64_t clip) {
    for (const CopyKind& kind : kKinds) {
      const auto copy = folder_.path() / concat("copy.", kind.extension);
      const std::string command = concat("ffmpeg -nostdin -v quiet -y -i '",
                                         source_.items[static_cast<std::size_t>(clip)].file.string(), "' ",
                                         kind.arguments, " '", copy.string(), "'");
      if (std::system(command.c_str()) != 0) throw Error("failed: " + command);
      const auto fingerprint = fingerprint_of(copy);
      KindFigures& figures = figures_.kinds[kind.name];
      if (fingerprint.telling_count() < corpus::kMinTellingFrames) {
        ++figures.inaudible;
      } else if (const auto match = index_.find(fingerprint); !match) {
        ++figures.missed;
      } else if (match->clip_id == clip ||
                 (!recording(clip).empty() && recording(match->clip_id) == recording(clip))) {
        ++figures.found;
      } else {
        ++figures.wrong;
      }
    }
  }

  void ask_for_strangers() {
    Progress progress("strangers", std::ssize(strangers_), "clips");
    for (const std::int64_t clip : strangers_) {
      const auto match = index_.find(fingerprint_of(source_.items[static_cast<std::size_t>(clip)].file));
      ++figures_.strangers;
      figures_.strangers_matched += match.has_value();
      progress.advance();
    }
  }

  const BenchDuplicatesOptions& options_;
  const corpus::Source source_;
  const ScratchFolder folder_;
  std::map<std::int64_t, corpus::Fingerprint> indexed_;
  std::vector<std::int64_t> strangers_;
  corpus::DuplicateIndex index_;
  DuplicateFigures figures_;
};

double recall(const KindFigures& kind) {
  const std::int64_t all = kind.found + kind.wrong + kind.missed;
  return all > 0 ? static_cast<double>(kind.found) / static_cast<double>(all) : 0;
}

Json to_json(const DuplicateFigures& figures) {
  Json json;
  json.set("indexed", figures.indexed);
  json.set("strangers", figures.strangers);
  json.set("strangers_matched", figures.strangers_matched);
  json.set("precision", figures.precision());
  Json kinds{Json::Array()};
  for (const auto& [name, kind] : figures.kinds) {
    Json one;
    one.set("copy", name);
    one.set("recall", recall(kind));
    one.set("found", kind.found);
    one.set("wrong", kind.wrong);
    one.set("missed", kind.missed);
    one.set("inaudible", kind.inaudible);
    kinds.push_back(one);
  }
  json.set("copies", kinds);
  return json;
}

void print_table(const DuplicateFigures& figures) {
  std::printf("%-46s %8s %7s %7s %7s %10s\n", "copy", "recall", "found", "wrong", "missed", "inaudible");
  for (const auto& [name, kind] : figures.kinds) {
    std::printf("%-46s %7s%% %7ld %7ld %7ld %10ld\n", name.c_str(), fixed(100 * recall(kind), 1).c_str(),
                long(kind.found), long(kind.wrong), long(kind.missed), long(kind.inaudible));
  }
  std::printf("other recordings: %ld of %ld taken for one of the %ld indexed clips; precision %s %%\n",
              long(figures.strangers_matched), long(figures.strangers), long(figures.indexed),
              fixed(100 * figures.precision(), 2).c_str());
}

}  // namespace

int run_bench_duplicates(const Command& command, Arguments arguments) {
  const auto options = parse_options<BenchDuplicatesOptions>(command, arguments);
  if (!std::filesystem::exists(options.source)) throw Error(options.source + ": no recordings there");
  const DuplicateFigures figures = Measurement(options).run();
  if (options.json) {
    std::printf("%s\n", to_json(figures).dump(2).c_str());
  } else {
    print_table(figures);
  }
  return 0;
}

}  // namespace pupil::cli
