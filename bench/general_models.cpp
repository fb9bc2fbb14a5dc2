// SPDX-License-Identifier: Apache-2.0
// A quantised general model's time for a patch of 0.96 s, and how far it agrees with the float network that it was made
// of, which runs in onnxruntime, on real recordings:
//   general_models MODEL.tflite [MODEL.onnx LIBRARY INPUT OUTPUT RECORDING...]
//   build/release/bench/general_models yamnet_256_esc10_int8.tflite yamnet_256_64x96_tl.onnx libonnxruntime.so.1 input_1
//   new_head data/esc50/audio/4-*

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/read_file.h"
#include "bench/peers/onnx_runtime.h"
#include "general/patch_front_end.h"
#include "nn/threads.h"
#include "tflite/fast_kernels.h"
#include "tflite/network.h"

namespace {

using pupil::tflite::Network;

// Median and lowest wall time of 101 runs, ms. Where others compute as well, the lowest is nearer to the cost.
struct Times {
  double median_ms, lowest_ms;
};

Times measure(const std::function<void()>& run) {
  std::vector<double> times;
  for (int i = 0; i < 101; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return {times[50], times[0]};
}

void print(const char* engine, const Times& times) {
  std::printf("%-28s %7.2f ms median, %7.2f ms lowest\n", engine, times.median_ms, times.lowest_ms);
}

std::size_t top(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

struct Agreement {
  int patches = 0, same = 0;
  double difference = 0;
};

void compare(Network* network, pupil::bench::OnnxRuntime* peer, std::span<const float> patch,
             Agreement* agreement) {
  network->run(patch);
  const std::vector<float> ours = network->scores();
  std::copy(patch.begin(), patch.end(), peer->input().begin());
  const std::span<const float> theirs = peer->run();
  ++agreement->patches;
  agreement->same += top(ours) == top(theirs) ? 1 : 0;
  for (std::size_t k = 0; k < ours.size(); ++k)
    agreement->difference += std::fabs(ours[k] - theirs[k]) / static_cast<double>(ours.size());
}

void compare_on_recordings(Network* network, pupil::bench::OnnxRuntime* peer, int count, char** paths) {
  const bool is_turned = network->input_shape()[1] == pupil::general::kPatchMels;
  const pupil::general::PatchFrontEnd front_end(is_turned ? pupil::general::kYamnet256Patches
                                                          : pupil::general::kYamnetPatches);
  Agreement agreement;
  for (int i = 0; i < count; ++i) {
    pupil::audio::DecodeOptions options;
    options.sample_rate_hz = pupil::general::kPatchRateHz;
    at::Tensor patches = front_end.patches(pupil::audio::decode_file(paths[i], options));
    if (is_turned) patches = patches.transpose(1, 2).contiguous();
    for (std::int64_t n = 0; n < patches.size(0); ++n) {
      const auto size = static_cast<std::size_t>(network->input_count());
      compare(network, peer, {patches.data_ptr<float>() + static_cast<std::size_t>(n) * size, size},
              &agreement);
    }
  }
  std::printf("%d patches of %d recordings: the same class %.1f %%, probabilities %.4f apart in the mean\n",
              agreement.patches, count, 100.0 * agreement.same / agreement.patches,
              agreement.difference / agreement.patches);
}

int run(int argc, char** argv) {
  pupil::nn::set_thread_count(1);
  Network network(pupil::tflite::ModelFile::open(argv[1]), pupil::tflite::fast_kernels());
  std::printf("%s: %.1f MMAC a patch, %lld bytes\n", argv[1], static_cast<double>(network.macs()) * 1e-6,
              static_cast<long long>(network.file().file_bytes()));
  const std::vector<float> patch(static_cast<std::size_t>(network.input_count()), -3.0F);
  print("int8, this network", measure([&] { network.run(patch); }));
  if (argc < 6) return 0;
  pupil::bench::OnnxRuntime peer(argv[3], pupil::read_text(argv[2]), {argv[4], {1, 1, 64, 96}, argv[5]});
  print(("float32, onnxruntime " + peer.version()).c_str(), measure([&] { peer.run(); }));
  if (argc > 6) compare_on_recordings(&network, &peer, argc - 6, argv + 6);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: general_models MODEL.tflite [MODEL.onnx LIBRARY INPUT OUTPUT RECORDING...]\n");
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "general_models: %s\n", error.what());
    return 1;
  }
}
