// The same int8 network in pupil, onnxruntime and XNNPACK, in one process on one thread:
//   peers_bench MODEL.pupil [--onnxruntime LIB] [--rounds N] [--json]
//       MODEL.onnx beside the model is what onnxruntime runs. Engines take turns,
//       medians.
//   peers_bench MODEL.pupil --only pupil|onnxruntime|xnnpack --runs N [--kernels SET]
//       N windows in one engine and nothing printed: for counting instructions (count_aarch64.sh).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "bench/peers/engine.h"

namespace pupil::bench {
namespace {

struct Wanted {
  std::string model;
  std::string onnxruntime;
  std::string only;
  std::string kernels = "automatic";
  int rounds = 500;
  int runs = 0;
  bool json = false;
};

Wanted read_arguments(int argc, char** argv) {
  Wanted wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) throw UsageError(concat(word, ": its value is missing"));
      return argv[++i];
    };
    if (word == "--onnxruntime")
      wanted.onnxruntime = value();
    else if (word == "--only")
      wanted.only = value();
    else if (word == "--kernels")
      wanted.kernels = value();
    else if (word == "--rounds")
      wanted.rounds = std::atoi(value().c_str());
    else if (word == "--runs")
      wanted.runs = std::atoi(value().c_str());
    else if (word == "--json")
      wanted.json = true;
    else
      wanted.model = word;
  }
  if (wanted.model.empty()) throw UsageError("MODEL.pupil is missing");
  if (wanted.rounds < 1) throw UsageError("--rounds must be 1 or more");
  return wanted;
}

std::vector<std::unique_ptr<Engine>> make_engines(const Wanted& wanted,
                                                  const deploy::QuantisedNetwork& network) {
  const auto asked = [&](const char* name) { return wanted.only.empty() || wanted.only == name; };
  edge::KernelSet kernels = edge::KernelSet::automatic;
  if (!edge::parse_kernel_set(wanted.kernels, &kernels)) throw UsageError("--kernels: unknown set");
  std::vector<std::unique_ptr<Engine>> engines;
  if (asked("pupil")) engines.push_back(make_pupil_engine(network, kernels));
  if (asked("onnxruntime") && !wanted.onnxruntime.empty()) {
    const auto onnx = std::filesystem::path(wanted.model).replace_extension(".onnx").string();
    engines.push_back(make_onnxruntime_engine(network, wanted.onnxruntime, onnx));
  }
  if (asked("xnnpack")) {
    auto engine = make_xnnpack_engine(network);
    if (engine != nullptr) engines.push_back(std::move(engine));
  }
  if (engines.empty()) throw Error("no such engine in this program");
  return engines;
}

/// Frames as a microphone gives them, roughly: a level, a slope over the bins, noise.
std::vector<float> make_frames(const edge::Model& model, std::uint32_t seed) {
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames()) *
                            static_cast<std::size_t>(model.mel_count()));
  std::uint32_t random = seed;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    random = random * 1664525U + 1013904223U;
    frames[i] = -8.0F + 8.0F * static_cast<float>(random >> 8) / 16777216.0F;
  }
  return frames;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Times {
  std::vector<double> us;      ///< per round
  std::vector<double> ratios;  ///< to the first engine, per round
  int same_label = 0;          ///< of all rounds
};

std::size_t top(std::span<const float> logits) {
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<Times> measure(const std::vector<std::unique_ptr<Engine>>& engines, const edge::Model& model,
                           int rounds) {
  std::vector<Times> times(engines.size());
  for (int round = -20; round < rounds; ++round) {  // the first ones warm up
    const std::vector<float> frames = make_frames(model, static_cast<std::uint32_t>(round + 21));
    std::size_t label = 0;
    double first_us = 0;
    for (std::size_t e = 0; e < engines.size(); ++e) {
      engines[e]->run(frames);  // the caches and predictors are this engine's again
      const auto start = std::chrono::steady_clock::now();
      const std::span<const float> logits = engines[e]->run(frames);
      const double us =
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
      if (e == 0) {
        label = top(logits);
        first_us = us;
      }
      if (round < 0) continue;
      times[e].us.push_back(us);
      times[e].ratios.push_back(us / first_us);
      times[e].same_label += top(logits) == label ? 1 : 0;
    }
  }
  return times;
}

void print(const Wanted& wanted, const edge::Model& model,
           const std::vector<std::unique_ptr<Engine>>& engines, const std::vector<Times>& times) {
  Json rows = Json(Json::Array());
  if (!wanted.json) {
    std::printf("%s: %s multiply-accumulates a window, %d rounds\n", wanted.model.c_str(),
                with_thousands(model.macs()).c_str(), wanted.rounds);
    std::printf("%-28s %10s %8s %10s %12s\n", "engine", "us", "ratio", "GMAC/s", "same label");
  }
  for (std::size_t e = 0; e < engines.size(); ++e) {
    const double us = median(times[e].us);
    const double ratio = median(times[e].ratios);
    const double rate = static_cast<double>(model.macs()) / us / 1000.0;
    const double same = static_cast<double>(times[e].same_label) / wanted.rounds;
    Json row;
    row.set("engine", engines[e]->name());
    row.set("us", us);
    row.set("ratio", ratio);
    row.set("gmac_per_s", rate);
    row.set("same_label", same);
    rows.push_back(row);
    if (!wanted.json) {
      std::printf("%-28s %10s %8s %10s %12s\n", engines[e]->name().c_str(), fixed(us, 1).c_str(),
                  fixed(ratio, 2).c_str(), fixed(rate, 1).c_str(), fixed(same, 3).c_str());
    }
  }
  if (!wanted.json) return;
  Json json;
  json.set("model", wanted.model);
  json.set("macs", model.macs());
  json.set("rounds", wanted.rounds);
  json.set("engines", rows);
  std::printf("%s\n", json.dump(2).c_str());
}

int run(int argc, char** argv) {
  const Wanted wanted = read_arguments(argc, argv);
  const auto network = deploy::QuantisedNetwork::read(wanted.model);
  const auto engines = make_engines(wanted, network);
  if (wanted.runs > 0) {
    const std::vector<float> frames = make_frames(network.model(), 1);
    for (int i = 0; i < wanted.runs; ++i) engines.front()->run(frames);
    return 0;
  }
  print(wanted, network.model(), engines, measure(engines, network.model(), wanted.rounds));
  return 0;
}

}  // namespace
}  // namespace pupil::bench

int main(int argc, char** argv) {
  try {
    return pupil::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peers_bench: %s\n", error.what());
    return 1;
  }
}
