// SPDX-License-Identifier: Apache-2.0
// The classical baselines on ESC-50 with its true labels: trained on folds 1-3, tested on fold 4. What `pupil
// compare` does on a project, without a project:
//   cmake --build build/release --target esc50_baselines
//   taskset -c 1 build/release/esc50_baselines FOLDER     (esc50.csv and audio/)
// Windows of 1.0 s every 0.5 s. Windows below the usual activity level are left out of training; in the test
// a clip is judged by its active windows, and by all of them when none is active.
//
// Folds split recordings, so no take is on both sides; accuracies are of clips, with a bootstrap over
// recordings. A clip's index in TestClips::truth is its id: windows refer to it by clip_ids.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"
#include "bench/timing.h"
#include "corpus/csv.h"
#include "corpus/level_track.h"
#include "corpus/windows.h"
#include "evaluation/baselines/baselines.h"
#include "evaluation/baselines/mfcc.h"
#include "metrics/bootstrap.h"
#include "metrics/clip_scores.h"
#include "metrics/confusion.h"
#include "metrics/decisions.h"
#include "pupil/edge/log_mel.h"

namespace {

using namespace pupil;

constexpr double kActivityDb = 3.0;  // [label] activity_db of pupil.toml
constexpr std::int32_t kSampleRateHz = 16000;
constexpr std::int32_t kClassCount = 50;
constexpr std::int64_t kTestFold = 4;

struct TestClips {
  std::vector<std::int64_t> clip_ids;  // of the test windows
  std::vector<std::uint8_t> active;
  std::vector<std::int32_t> truth;  // by clip, as are the recordings
  std::vector<std::int64_t> recordings;
};

// A clip's windows as features, with the time that one takes.
class WindowFeatures {
 public:
  WindowFeatures() : memory_(edge::LogMel::state_bytes(options_)), mfcc_(options_.mel_count) {
    if (front_end_.init(options_, memory_) != edge::Status::ok) throw Error("front end: init failed");
  }

  std::int32_t count() const { return mfcc_.feature_count(); }

  std::vector<float> of(std::span<const float> samples, const corpus::WindowSpan& span) {
    std::vector<float> window(static_cast<std::size_t>(span.length_samples), 0.0F);
    const auto begin = std::min(static_cast<std::size_t>(span.start_sample), samples.size());
    const std::size_t length = std::min(window.size(), samples.size() - begin);
    std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(begin), length, window.begin());

    const auto start = bench::Clock::now();
    front_end_.reset();
    const auto frame_count = static_cast<std::size_t>(edge::frame_count(options_, span.length_samples));
    std::vector<float> frames(frame_count * static_cast<std::size_t>(options_.mel_count));
    std::int32_t written = 0;
    if (front_end_.push(window, frames, &written) != edge::Status::ok) throw Error("front end: push failed");
    std::vector<float> features(static_cast<std::size_t>(mfcc_.feature_count()));
    mfcc_.write(frames, features);
    times_us_.push_back(bench::microseconds_since(start));
    return features;
  }

  double median_ms() const { return 1e-3 * bench::median(times_us_); }

 private:
  edge::LogMelOptions options_;
  std::vector<std::byte> memory_;
  edge::LogMel front_end_;
  evaluation::MfccStatistics mfcc_;
  std::vector<double> times_us_;
};

void read_clips(const std::filesystem::path& folder, WindowFeatures& features,
                evaluation::BaselineWindows& windows, TestClips& test) {
  const corpus::CsvTable table = corpus::read_csv(folder / "esc50.csv");
  for (evaluation::WindowTable* part : {&windows.train, &windows.test}) {
    part->feature_count = features.count();
    part->class_count = kClassCount;
  }
  for (const std::vector<std::string>& row : table.rows) {
    const auto fold = std::atoll(row[table.column("fold")].c_str());
    const auto label = static_cast<std::int32_t>(std::atoi(row[table.column("target")].c_str()));
    const auto recording = std::atoll(row[table.column("src_file")].c_str());
    const std::vector<float> samples = audio::decode_file(folder / "audio" / row[table.column("filename")],
                                                          {.sample_rate_hz = kSampleRateHz});
    corpus::LevelMeter meter(kSampleRateHz);
    meter.push(samples);
    const auto spans =
        corpus::cut_windows(meter.finish(), kSampleRateHz, static_cast<std::int64_t>(samples.size()), {});
    for (const corpus::WindowSpan& span : spans) {
      const bool active = span.activity_db >= kActivityDb;
      if (fold == kTestFold) {
        windows.test.add(features.of(samples, span), label, recording);
        test.clip_ids.push_back(static_cast<std::int64_t>(test.truth.size()));
        test.active.push_back(active ? 1 : 0);
      } else if (active) {
        windows.train.add(features.of(samples, span), label, recording);
      }
    }
    if (fold != kTestFold) continue;
    test.truth.push_back(label);
    test.recordings.push_back(recording);
  }
}

void print(const evaluation::BaselineResult& result, const std::vector<std::int32_t>& window_truth,
           const TestClips& test) {
  const auto clips =
      metrics::mean_of_active_windows(result.test_scores, kClassCount, test.clip_ids, test.active);
  const std::vector<std::int32_t> decided = metrics::decide(clips.scores, kClassCount);
  const metrics::Interval accuracy = metrics::bootstrap_accuracy(test.truth, decided, test.recordings);
  const double of_windows = metrics::accuracy(window_truth, metrics::decide(result.test_scores, kClassCount));
  const double macro_f1 = metrics::ConfusionMatrix(test.truth, decided, kClassCount).macro_f1();
  std::printf("%-21s %5.1f (%4.1f-%4.1f) %5.1f %8.1f   %9s %9s %9.3f %8.1f  %s\n", result.name.c_str(),
              100 * accuracy.value, 100 * accuracy.low, 100 * accuracy.high, 100 * macro_f1, 100 * of_windows,
              readable_bytes(result.file_bytes).c_str(), readable_bytes(result.packed_bytes).c_str(),
              1000 * result.window_s, result.train_s, result.settings.c_str());
}

int run(const std::filesystem::path& folder) {
  WindowFeatures features;
  evaluation::BaselineData data;
  TestClips test;
  read_clips(folder, features, data.mfcc, test);
  std::printf("%zu training windows, %zu test windows (%zu clips); front end and MFCC %.3f ms a window\n",
              data.mfcc.train.window_count(), data.mfcc.test.window_count(), test.truth.size(),
              features.median_ms());
  std::printf("%-21s %-18s %5s %8s   %9s %9s %9s %8s\n", "", "clips % (95 %)", "F1 %", "windows %", "file",
              "packed", "ms/window", "train s");
  for (const evaluation::BaselineResult& result : evaluation::run_baselines(data)) {
    print(result, data.mfcc.test.labels, test);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: esc50_baselines FOLDER (with esc50.csv and audio/)\n");
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "esc50_baselines: %s\n", error.what());
    return 1;
  }
}
