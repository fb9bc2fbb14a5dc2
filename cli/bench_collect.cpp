// SPDX-License-Identifier: Apache-2.0
// pupil bench collect: collecting a folder beside ffmpeg doing the same decoding, and a catalogue of a
// million rows.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/error.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/collect.h"
#include "corpus/status.h"
#include "corpus/synthetic.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

struct BenchCollectOptions {
  static constexpr std::string_view kDetails =
      "Collects SOURCE into a project in the temporary folder, then lets `ffmpeg` with `xargs -P2` decode "
      "the same\n"
      "files to mono 32 kHz FLAC. After that, rows without audio: how fast they come in, how fast they are "
      "counted.";

  std::string source;
  std::int64_t clips = 1'000'000;
  std::int64_t threads = 2;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.optional_positional("SOURCE", source,
                          "recordings to collect; without it, only the catalogue is measured");
    v.value("--clips", "N", clips, Range{1, 1e8}, "synthetic clips of the catalogue");
    v.value("--threads", "N", threads, kThreadRange, "decoding threads (ffmpeg always has two processes)");
    v.flag("--json", json, "machine-readable output");
  }
};

struct Figures {
  std::optional<corpus::CollectReport> report;  // none: no recordings there
  double collect_s = 0;
  double again_s = 0;
  double peak_memory_mb = 0;
  std::optional<double> ffmpeg_s;  // none: no ffmpeg
  std::int64_t row_count = 0;      ///< in all tables
  double insert_s = 0;
  double first_status_s = 0;
  double status_s = 0;
};

template <typename Work>
double seconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024e-6;
}

std::optional<double> time_ffmpeg(const corpus::Source& source, const fs::path& folder) {
  if (std::system("command -v ffmpeg >/dev/null 2>&1") != 0) return std::nullopt;
  std::ofstream list(folder / "list");
  for (const auto& item : source.items) list << item.file.string() << '\0';
  list.close();
  const std::string command =
      concat("xargs -0 -P2 -n1 sh -c 'ffmpeg -nostdin -v quiet -y -i \"$0\" -ar 32000 -ac 1 \"",
             folder.string(), "/$(basename \"$0\").flac\"' < '", folder.string(), "/list'");
  int code = 0;
  const double time_s = seconds([&] { code = std::system(command.c_str()); });
  // Files that ffmpeg cannot decode make xargs end with 123; that is no failure of the measurement.
  if (code != 0 && WEXITSTATUS(code) != 123)
    throw Error(concat("ffmpeg with xargs failed, exit code ", WEXITSTATUS(code)));
  return time_s;
}

void measure_collect(const BenchCollectOptions& options, Figures& figures) {
  if (!fs::exists(options.source)) return;
  const auto source = corpus::read_source(options.source);
  const ScratchFolder project;
  const ScratchFolder peer;
  corpus::CollectOptions collect_with;
  collect_with.thread_count = static_cast<std::int32_t>(options.threads);
  const auto run = [&] {
    auto catalogue = corpus::Catalogue::create(project.path());
    return corpus::collect(catalogue, corpus::Store(project.path()), {source}, collect_with);
  };
  figures.collect_s = seconds([&] { figures.report = run(); });
  figures.peak_memory_mb = peak_memory_mb();
  figures.again_s = seconds(run);
  figures.ffmpeg_s = time_ffmpeg(source, peer.path());
}

void measure_rows(const BenchCollectOptions& options, Figures& figures) {
  const ScratchFolder project;
  {
    auto catalogue = corpus::Catalogue::create(project.path());
    figures.insert_s =
        seconds([&] { figures.row_count = corpus::add_synthetic_clips(catalogue, options.clips, 1); });
  }
  const auto read = [&] {
    auto catalogue = corpus::Catalogue::open(project.path());
    if (corpus::read_status(catalogue).clip_count != options.clips) throw Error("status lost rows");
  };
  figures.first_status_s = seconds(read);
  figures.status_s = seconds(read);
}

Json to_json(const BenchCollectOptions& options, const Figures& figures) {
  Json json;
  if (figures.report) {
    json.set("source", options.source);
    json.set("files", figures.report->file_count);
    json.set("added", figures.report->added_count);
    json.set("threads", options.threads);
    json.set("collect_s", figures.collect_s);
    json.set("collect_again_s", figures.again_s);
    json.set("peak_memory_mb", figures.peak_memory_mb);
    json.set("ffmpeg_s", figures.ffmpeg_s ? Json(*figures.ffmpeg_s) : Json());
    json.set("ratio", figures.ffmpeg_s ? Json(figures.collect_s / *figures.ffmpeg_s) : Json());
  }
  json.set("clips", options.clips);
  json.set("rows", figures.row_count);
  json.set("insert_s", figures.insert_s);
  json.set("rows_per_s", static_cast<double>(figures.row_count) / figures.insert_s);
  json.set("first_status_s", figures.first_status_s);
  json.set("status_s", figures.status_s);
  return json;
}

void print_table(const BenchCollectOptions& options, const Figures& figures) {
  const auto row = [](const std::string& what, const std::string& value) {
    std::printf("%-60s %14s\n", what.c_str(), value.c_str());
  };
  if (figures.report) {
    row(concat("collect ", figures.report->file_count, " files, ", options.threads, " threads"),
        fixed(figures.collect_s, 1) + " s");
    row("  again, nothing new", fixed(figures.again_s, 3) + " s");
    row("  peak memory", fixed(figures.peak_memory_mb, 0) + " MB");
    row("ffmpeg, xargs -P2", figures.ffmpeg_s ? fixed(*figures.ffmpeg_s, 1) + " s" : "not installed");
    if (figures.ffmpeg_s) row("  ratio", fixed(figures.collect_s / *figures.ffmpeg_s, 2));
  } else {
    row("collect: skipped, no recordings at " + options.source, "");
  }
  const auto per_second = [&](std::int64_t count) {
    return with_thousands(static_cast<std::int64_t>(static_cast<double>(count) / figures.insert_s)) + " /s";
  };
  row(concat("insert ", with_thousands(options.clips), " clips without audio"), per_second(options.clips));
  row(concat("  their ", with_thousands(figures.row_count), " rows"), per_second(figures.row_count));
  row("status, first time", fixed(figures.first_status_s * 1e3, 1) + " ms");
  row("status, then", fixed(figures.status_s * 1e3, 1) + " ms");
}

}  // namespace

int run_bench_collect(const Command& command, Arguments arguments) {
  const auto options = parse_options<BenchCollectOptions>(command, arguments);
  Figures figures;
  measure_collect(options, figures);
  measure_rows(options, figures);
  if (options.json) {
    std::printf("%s\n", to_json(options, figures).dump(2).c_str());
  } else {
    print_table(options, figures);
  }
  return 0;
}

}  // namespace pupil::cli
