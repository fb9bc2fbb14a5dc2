// SPDX-License-Identifier: Apache-2.0
// pupil bench train: the whole training loop on synthetic sounds: reading windows, augmentation, front end,
// forward, backward, optimizer, running average.

#include <cmath>
#include <cstdio>
#include <thread>

#include "base/counter_random.h"
#include "base/error.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "bench_train_options.h"
#include "commands.h"
#include "student/float_kernels.h"
#include "student/trainer.h"

namespace pupil::cli {
namespace {

student::TrainingSet make_set(const std::filesystem::path& path, std::int64_t classes) {
  student::TrainingSetDraft draft;
  draft.configuration = "{}";
  for (std::int64_t k = 0; k < classes; ++k) draft.class_names.push_back(concat("class ", k));
  draft.reported_class_count = static_cast<std::int32_t>(classes);
  student::TrainingSetWriter writer(path);
  for (std::int32_t i = 0; i < 4 * classes; ++i) {
    CounterRandom random(1, 0, 0, static_cast<std::uint64_t>(i));
    std::vector<float> sound(5 * student::kTrainingRateHz);
    const double pitch = random.uniform(0.02, 1.0);
    for (std::size_t n = 0; n < sound.size(); ++n) {
      sound[n] =
          static_cast<float>(0.2 * std::sin(pitch * static_cast<double>(n)) + random.uniform(-0.05, 0.05));
    }
    student::TrainingClip clip;
    clip.first_sample = writer.append(sound);
    clip.sample_count = std::ssize(sound);
    draft.clips.push_back(clip);
    for (std::int32_t w = 0; w < 9; ++w) {
      draft.windows.push_back({i, w * student::kTrainingRateHz / 2, student::SetVerdict::accepted,
                               static_cast<std::int32_t>(i % classes), -1, 20});
      for (std::int64_t k = 0; k < classes; ++k) draft.soft.push_back(1.0F / static_cast<float>(classes));
    }
  }
  writer.finish(draft);
  return student::TrainingSet::open(path);
}

}  // namespace

int run_bench_train(const Command& command, Arguments arguments) {
  const BenchTrainOptions options = parse_options<BenchTrainOptions>(command, arguments);
  const ScratchFolder folder;
  const student::TrainingSet set = make_set(folder.path() / "set.safetensors", options.classes);
  TrainSection train;
  train.size = options.size;
  train.body = options.body;
  train.batch = options.batch;
  train.threads =
      options.threads > 0 ? options.threads : static_cast<std::int64_t>(std::thread::hardware_concurrency());
  train.device = options.device;
  const student::TrainingSpeed speed = student::measure_training(set, train, options.steps, options.rounds);
  const student::NetworkSpec network = student::student_network(train, set);
  const double macs =
      3.0 * static_cast<double>(student::network_cost(network, 100).macs_per_window) * speed.windows_per_s;
  const double peak = student::kernels::peak_macs_per_s() * static_cast<double>(train.threads);
  if (options.json) {
    Json json;
    json.set("windows_per_s", speed.windows_per_s);
    json.set("waited_share", speed.waited_share);
    json.set("gmacs_per_s", macs * 1e-9);
    json.set("limit_gmacs_per_s", peak * 1e-9);
    json.set("threads", train.threads);
    json.set("kernels", student::kernels::table().name);
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf(
      "%s %s, batch %lld, %lld threads, %s kernels: %.0f windows/s (whole loop, median of %lld rounds)\n",
      options.size.c_str(), options.body.c_str(), static_cast<long long>(options.batch),
      static_cast<long long>(train.threads), student::kernels::table().name, speed.windows_per_s,
      static_cast<long long>(options.rounds));
  std::printf(
      "waiting for data: %.1f %% of the time; %.1f GMAC/s, %.0f %% of the limit by arithmetic (%.0f)\n",
      100 * speed.waited_share, macs * 1e-9, 100 * macs / peak, peak * 1e-9);
  return 0;
}

}  // namespace pupil::cli
