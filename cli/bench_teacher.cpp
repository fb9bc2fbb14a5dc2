// SPDX-License-Identifier: Apache-2.0
// pupil bench teacher: what CLAP's audio tower costs at full size, and how many labels bf16 changes.

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "bench_teacher_options.h"
#include "commands.h"
#include "nn/packed_linear.h"
#include "nn/threads.h"
#include "seconds.h"
#include "teacher/clap_features.h"
#include "teacher/random_htsat.h"

namespace pupil::cli {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::int64_t kLabelCount = 10;
constexpr std::int64_t kWindowSamples = 48000;
constexpr double kReferenceAloneS = 0.097;
constexpr double kReferenceInBatchS = 1.03 / 8;

struct TeacherRow {
  std::string precision;
  int thread_count = 1;
  std::int64_t batch = 1;
  double cpu_s = 0;   // per clip
  double wall_s = 0;  // per clip
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

at::Tensor embed(const teacher::Htsat& tower, const at::Tensor& frames) {
  const at::NoGradGuard no_grad;
  return teacher::Htsat::pooled(tower.forward(frames, at::zeros({frames.size(0)}, at::kBool)));
}

TeacherRow measure(const teacher::Htsat& tower, TeacherRow row, std::int64_t repeat) {
  nn::set_thread_count(row.thread_count);
  const at::Tensor frames = at::randn({row.batch, 1, 1001, 64}) * 15 - 30;
  embed(tower, frames);
  std::vector<double> cpu, wall;
  for (std::int64_t i = 0; i < repeat; ++i) {
    const double cpu_start = cpu_seconds(), wall_start = wall_seconds();
    embed(tower, frames);
    cpu.push_back((cpu_seconds() - cpu_start) / static_cast<double>(row.batch));
    wall.push_back((wall_seconds() - wall_start) / static_cast<double>(row.batch));
  }
  row.cpu_s = median(cpu);
  row.wall_s = median(wall);
  return row;
}

// A tone with overtones that glides and pulses, and noise: enough kinds that ten of them differ.
std::vector<float> synthetic_sound(std::mt19937& random) {
  const auto pick = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const double pitch_hz = std::exp(pick(std::log(80.0), std::log(6000.0))), glide = pick(-1, 1);
  const double pulse_hz = pick(0, 12), noise = std::exp(pick(-6, -1)), overtones = pick(1, 8);
  std::normal_distribution<double> normal;
  std::vector<float> sound;
  double phase = 0;
  for (std::int64_t i = 0; i < kWindowSamples; ++i) {
    const double time_s = static_cast<double>(i) / kWindowSamples;
    phase += 2 * M_PI * pitch_hz * std::exp2(glide * time_s) / kWindowSamples;
    double tone = 0;
    for (int k = 1; k <= static_cast<int>(overtones); ++k) tone += std::sin(k * phase) / k;
    const double level = 0.5 + 0.5 * std::sin(2 * M_PI * pulse_hz * time_s);
    sound.push_back(static_cast<float>(0.2 * level * tone + noise * normal(random)));
  }
  return sound;
}

at::Tensor embed_windows(const teacher::Htsat& tower, std::int64_t count) {
  const auto options = teacher::ClapFeatureOptions::laion(teacher::ClapTruncation::crop);
  std::mt19937 random(kSeed);
  std::vector<at::Tensor> embeddings;
  for (std::int64_t i = 0; i < count; ++i) {
    embeddings.push_back(
        embed(tower, teacher::clap_features(synthetic_sound(random), options).frames.unsqueeze(0)));
  }
  return at::cat(embeddings);
}

// Of each window the nearest of the first ten, by cosine of what is left without the mean; those ten do not
// count.
at::Tensor labels_of(const at::Tensor& embeddings) {
  const at::Tensor centred = nn::normalised_rows(embeddings - embeddings.mean(0, /*keepdim=*/true));
  const at::Tensor names = centred.slice(0, 0, kLabelCount);
  return at::argmax(at::matmul(centred.slice(0, kLabelCount), names.transpose(0, 1)), 1);
}

double share_of_same_labels(const teacher::Htsat& exact, const teacher::Htsat& fast, std::int64_t count) {
  nn::set_thread_count(0);
  const at::Tensor expected = labels_of(embed_windows(exact, count + kLabelCount));
  const at::Tensor found = labels_of(embed_windows(fast, count + kLabelCount));
  return expected.eq(found).to(at::kDouble).mean().item<double>();
}

std::string_view factors_name() {
  return nn::factor_type(nn::Precision::bf16) == at::kHalf ? "half (this processor's bfloat16 is slow)"
                                                           : "bfloat16";
}

Json to_json(const std::vector<TeacherRow>& rows, double same_labels) {
  Json list = Json(Json::Array());
  for (const TeacherRow& row : rows) {
    Json entry;
    entry.set("precision", row.precision);
    entry.set("threads", row.thread_count);
    entry.set("batch", row.batch);
    entry.set("cpu_s_per_clip", row.cpu_s);
    entry.set("wall_s_per_clip", row.wall_s);
    list.push_back(entry);
  }
  Json json;
  json.set("openblas_coretype", nn::blas_core_type());
  json.set("bf16_factors", factors_name());
  json.set("rows", list);
  json.set("reference_cpu_s_per_clip",
           Json(Json::Object{{"batch_1", kReferenceAloneS}, {"batch_8", kReferenceInBatchS}}));
  if (!std::isnan(same_labels)) json.set("same_top_label", same_labels);
  return json;
}

void print_table(const std::vector<TeacherRow>& rows, double same_labels) {
  std::printf("HTSAT-tiny, random weights, per 10 s clip. OPENBLAS_CORETYPE=%s; bf16 multiplies %s.\n\n",
              nn::blas_core_type().c_str(), std::string(factors_name()).c_str());
  std::printf("%-9s %7s %5s %9s %9s %11s %8s\n", "precision", "threads", "batch", "CPU s", "wall s",
              "reference", "of f32");
  for (const TeacherRow& row : rows) {
    const auto exact = std::ranges::find_if(rows, [&](const TeacherRow& other) {
      return other.precision == "f32" && other.thread_count == row.thread_count && other.batch == row.batch;
    });
    std::printf("%-9s %7d %5lld %9.4f %9.4f %11.3f %7.2fx\n", row.precision.c_str(), row.thread_count,
                static_cast<long long>(row.batch), row.cpu_s, row.wall_s,
                row.batch == 1 ? kReferenceAloneS : kReferenceInBatchS, exact->cpu_s / row.cpu_s);
  }
  if (!std::isnan(same_labels))
    std::printf("\nbf16 gives the label of f32 on %.2f %% of windows\n", 100 * same_labels);
}

}  // namespace

int run_bench_teacher(const Command& command, Arguments arguments) {
  const BenchTeacherOptions options = parse_options<BenchTeacherOptions>(command, arguments);
  options.check();
  const teacher::Htsat exact = teacher::random_htsat({}, kSeed, nn::Precision::f32);
  const teacher::Htsat fast = teacher::random_htsat({}, kSeed, nn::Precision::bf16);
  std::vector<TeacherRow> rows;
  for (const std::int64_t threads : options.threads) {
    for (const std::int64_t batch : {1, 8}) {
      for (const auto& [name, tower] : {std::pair{"f32", &exact}, {"bf16", &fast}}) {
        rows.push_back(measure(*tower, {name, static_cast<int>(threads), batch}, options.repeat));
      }
    }
  }
  const double same = options.windows > 0 ? share_of_same_labels(exact, fast, options.windows) : NAN;
  if (options.json)
    std::printf("%s\n", to_json(rows, same).dump().c_str());
  else
    print_table(rows, same);
  return 0;
}

}  // namespace pupil::cli
