// SPDX-License-Identifier: Apache-2.0
// pupil bench separator: what AudioSep's network costs at full size, and what bf16 costs in quality.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "bench_separator_options.h"
#include "commands.h"
#include "metrics/si_sdr.h"
#include "nn/precision.h"
#include "nn/threads.h"
#include "seconds.h"
#include "separator/random_checkpoint.h"
#include "separator/separator.h"
#include "separator/windowed_separation.h"

namespace pupil::cli {
namespace {

constexpr double kUnitS = 10;
constexpr std::size_t kUnitSamples = 10 * separator::kSampleRateHz;
constexpr double kReferenceWholeS = 7.1;
constexpr double kReferenceChunksS = 12.5;

// One measured row; all seconds are of processor time for 10 s of audio.
struct Row {
  double whole_s = 0;
  double whole_wall_s = 0;
  double windows_s = 0;
  double chunks_s = 0;
  double peak_mb = 0;
};

struct NamedRow {
  std::string precision;
  int thread_count = 1;
  Row row;
};

// What bf16 changes in the output, and what that costs a separation that is otherwise 10 or 20 dB good.
struct Loss {
  double between_db = 0;  // SI-SDR of the bf16 output against the f32 output
  double at_10_db = 0;
  double at_20_db = 0;
};

double least_cpu_seconds(std::int64_t repeat, const std::function<void()>& work) {
  double least = INFINITY;
  for (std::int64_t i = 0; i < repeat; ++i) {
    const double start = cpu_seconds();
    work();
    least = std::min(least, cpu_seconds() - start);
  }
  return least;
}

// Runs `work` in a child, so that every measurement begins with fresh memory and libtorch's threads stay out
// of the parent. Result must be plain data.
template <typename Result>
Result in_child(const std::function<Result()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw Error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw Error("no process");
  if (child == 0) {
    int code = 1;
    try {
      const Result result = work();
      code = write(ends[1], &result, sizeof result) == static_cast<ssize_t>(sizeof result) ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "pupil bench separator: %s\n", error.what());
    }
    _exit(code);
  }
  close(ends[1]);
  Result result;
  const bool whole = read(ends[0], &result, sizeof result) == static_cast<ssize_t>(sizeof result);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!whole || status != 0) throw Error("the measuring process failed");
  return result;
}

std::vector<float> noise(std::size_t sample_count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.1F);
  std::vector<float> samples(sample_count);
  for (float& sample : samples) sample = normal(random);
  return samples;
}

separator::Query some_query(const separator::Separator& model) {
  const auto size = static_cast<std::size_t>(model.condition_size());
  return model.query(std::vector<float>(size, 1 / std::sqrt(static_cast<float>(size))));
}

Row measure_row(const std::filesystem::path& checkpoint, nn::Precision precision, int thread_count,
                std::int64_t repeat) {
  nn::set_thread_count(thread_count);
  const separator::Separator model(checkpoint, {precision, "cpu"});
  const separator::Query query = some_query(model);
  const std::vector<float> unit = noise(kUnitSamples, 1);
  model.separate(unit, query);  // the first run compiles kernels and touches memory

  Row row;
  row.whole_wall_s = INFINITY;
  row.whole_s = least_cpu_seconds(repeat, [&] {
    const double start = wall_seconds();
    model.separate(unit, query);
    row.whole_wall_s = std::min(row.whole_wall_s, wall_seconds() - start);
  });
  row.chunks_s =
      least_cpu_seconds(1, [&] { separate_windowed(model, query, unit, separator::reference_chunks()); });
  const std::vector<float> two_units = noise(2 * kUnitSamples, 2);
  row.windows_s = least_cpu_seconds(1, [&] { separate_windowed(model, query, two_units); }) / 2;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  row.peak_mb = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
  return row;
}

Loss measure_loss(const std::filesystem::path& checkpoint) {
  const std::vector<float> unit = noise(kUnitSamples, 1);
  const auto output = [&](nn::Precision precision) {
    const separator::Separator model(checkpoint, {precision, "cpu"});
    return model.separate(unit, some_query(model));
  };
  const std::vector<float> exact = output(nn::Precision::f32);
  const std::vector<float> rounded = output(nn::Precision::bf16);
  Loss loss;
  loss.between_db = metrics::si_sdr_db(exact, rounded);
  // A truth from which the f32 output is 10 (20) dB away: the output plus independent noise of that level.
  double energy = 0;
  for (const float sample : exact) energy += static_cast<double>(sample) * sample;
  const double level = std::sqrt(energy / static_cast<double>(exact.size()));
  const auto loss_at = [&](double distance_db) {
    std::vector<float> truth = noise(exact.size(), 3);
    const auto gain =
        static_cast<float>(10 * level * std::pow(10.0, -distance_db / 20));  // the noise has level 0.1
    for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = exact[i] + gain * truth[i];
    return metrics::si_sdr_db(truth, exact) - metrics::si_sdr_db(truth, rounded);
  };
  loss.at_10_db = loss_at(10);
  loss.at_20_db = loss_at(20);
  return loss;
}

const NamedRow* find_row(const std::vector<NamedRow>& rows, std::string_view precision, int thread_count) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const NamedRow& row) {
    return row.precision == precision && row.thread_count == thread_count;
  });
  return found == rows.end() ? nullptr : &*found;
}

Json to_json(const std::vector<NamedRow>& rows, const Loss* loss) {
  Json json;
  json.set("audio_s", kUnitS);
  json.set("openblas_coretype", nn::blas_core_type());
  Json reference;
  reference.set("whole_cpu_s", kReferenceWholeS);
  reference.set("chunks_cpu_s", kReferenceChunksS);
  json.set("reference", reference);
  Json list{Json::Array()};
  for (const NamedRow& named : rows) {
    Json one;
    one.set("precision", named.precision);
    one.set("threads", named.thread_count);
    one.set("whole_cpu_s", named.row.whole_s);
    one.set("whole_wall_s", named.row.whole_wall_s);
    one.set("windows_cpu_s", named.row.windows_s);
    one.set("chunks_cpu_s", named.row.chunks_s);
    one.set("peak_mb", named.row.peak_mb);
    list.push_back(one);
  }
  json.set("rows", list);
  const NamedRow* f32 = find_row(rows, "f32", rows.front().thread_count);
  const NamedRow* bf16 = find_row(rows, "bf16", rows.front().thread_count);
  if (f32 != nullptr && bf16 != nullptr) json.set("bf16_speedup", f32->row.whole_s / bf16->row.whole_s);
  if (loss != nullptr) {
    Json bf16_json;
    bf16_json.set("si_sdr_against_f32_db", loss->between_db);
    bf16_json.set("loss_at_10_db", loss->at_10_db);
    bf16_json.set("loss_at_20_db", loss->at_20_db);
    json.set("bf16", bf16_json);
  }
  return json;
}

void print_table(const std::vector<NamedRow>& rows, const Loss* loss) {
  std::printf("CPU seconds per 10 s of audio; OPENBLAS_CORETYPE=%s\n", nn::blas_core_type().c_str());
  std::printf("%-10s %7s %8s %8s %8s %8s %9s\n", "", "threads", "whole", "(wall)", "windows", "chunks",
              "peak MB");
  std::printf("%-10s %7d %8s %8s %8s %8s %9s\n", "reference", 1, fixed(kReferenceWholeS, 2).c_str(), "", "",
              fixed(kReferenceChunksS, 2).c_str(), "");
  for (const NamedRow& named : rows) {
    std::printf("%-10s %7d %8s %8s %8s %8s %9s\n", named.precision.c_str(), named.thread_count,
                fixed(named.row.whole_s, 2).c_str(), fixed(named.row.whole_wall_s, 2).c_str(),
                fixed(named.row.windows_s, 2).c_str(), fixed(named.row.chunks_s, 2).c_str(),
                fixed(named.row.peak_mb, 0).c_str());
  }
  const NamedRow* f32 = find_row(rows, "f32", rows.front().thread_count);
  const NamedRow* bf16 = find_row(rows, "bf16", rows.front().thread_count);
  if (f32 != nullptr && bf16 != nullptr) {
    std::printf("bf16 is %s times as fast as f32", fixed(f32->row.whole_s / bf16->row.whole_s, 2).c_str());
    if (loss != nullptr) {
      std::printf("; its output is %s dB SI-SDR from f32's, which costs %s dB of 10 dB, %s dB of 20 dB",
                  fixed(loss->between_db, 1).c_str(), fixed(loss->at_10_db, 3).c_str(),
                  fixed(loss->at_20_db, 3).c_str());
    }
    std::printf("\n");
  }
}

}  // namespace

int run_bench_separator(const Command& command, Arguments arguments) {
  const auto options = parse_options<BenchSeparatorOptions>(command, arguments);
  const std::vector<int> thread_counts(options.threads.begin(), options.threads.end());
  const ScratchFolder folder;
  const std::filesystem::path checkpoint = folder.path() / "audiosep_random.safetensors";
  in_child<int>([&] {
    separator::write_random_checkpoint(checkpoint);
    return 0;
  });
  std::vector<NamedRow> rows;
  for (const std::string& name : options.precisions) {
    const nn::Precision precision = nn::read_precision(name);
    for (const int threads : thread_counts) {
      log_info(concat("measuring ", name, " with ", threads, threads == 1 ? " thread" : " threads"));
      rows.push_back({name, threads, in_child<Row>([&] {
                        return measure_row(checkpoint, precision, threads, options.repeat);
                      })});
    }
  }
  const bool both = std::count(options.precisions.begin(), options.precisions.end(), "bf16") > 0;
  const Loss loss = both ? in_child<Loss>([&] { return measure_loss(checkpoint); }) : Loss();
  if (options.json) {
    std::printf("%s\n", to_json(rows, both ? &loss : nullptr).dump(2).c_str());
  } else {
    print_table(rows, both ? &loss : nullptr);
  }
  return 0;
}

}  // namespace pupil::cli
