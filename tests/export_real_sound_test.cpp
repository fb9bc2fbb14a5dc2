// SPDX-License-Identifier: Apache-2.0
// Exported networks in onnxruntime against the device library on recordings: the same top label.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "audio/decoder.h"
#include "bench/peers/onnx_runtime.h"
#include "deploy/onnx_model.h"
#include "model/random_model.h"
#include "pupil/edge/network.h"

namespace pupil {
namespace {

std::vector<std::filesystem::path> recordings(std::size_t count) {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path folder = std::filesystem::path(PUPIL_SHARED_DIR) / "data" / "esc50" / "audio";
  if (!std::filesystem::is_directory(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::filesystem::path> some;
  for (std::size_t i = 0; i < count && i < paths.size(); ++i) {
    some.push_back(paths[i * paths.size() / count]);
  }
  return some;
}

std::size_t top(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// All frames of a recording, [T, F].
std::vector<float> frames_of(const std::filesystem::path& path, const edge::LogMelOptions& options) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = options.sample_rate_hz;
  const std::vector<float> samples = audio::decode_file(path, decode);
  std::vector<std::byte> memory(edge::LogMel::state_bytes(options));
  edge::LogMel front_end;
  EXPECT_EQ(front_end.init(options, memory), edge::Status::ok);
  const auto bins = static_cast<std::size_t>(options.mel_count);
  const std::int64_t count = front_end.push_frame_count(static_cast<std::int64_t>(samples.size()));
  std::vector<float> frames(static_cast<std::size_t>(count) * bins);
  std::int32_t written = 0;
  EXPECT_EQ(front_end.push(samples, frames, &written), edge::Status::ok);
  return frames;
}

/// By how many recordings: few where a processor is emulated.
class ExportOfRecordings : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Few, ExportOfRecordings, testing::Values(6));
INSTANTIATE_TEST_SUITE_P(Many, ExportOfRecordings, testing::Values(100));

TEST_P(ExportOfRecordings, HaveTheSameTopLabelInOnnxruntime) {
  if (!std::filesystem::exists(PUPIL_ONNXRUNTIME)) {
    GTEST_SKIP() << "no onnxruntime at " << PUPIL_ONNXRUNTIME << " (bench/peers/setup.sh installs it)";
  }
  const auto paths = recordings(GetParam());
  if (paths.empty()) GTEST_SKIP() << "no recordings in " << PUPIL_SHARED_DIR << "/data/esc50";
  const deploy::QuantisedNetwork network(edge::random_model(edge::named_sketch("small"), 1));
  const edge::Model& model = network.model();
  const std::string onnx = deploy::onnx_bytes(network);
  bench::OnnxRuntime peer(PUPIL_ONNXRUNTIME, onnx,
                          bench::exported_ports(model.window_frames(), model.mel_count()));
  std::vector<std::byte> arena(edge::Network::arena_bytes(model));
  edge::Network ours;
  ASSERT_EQ(ours.init(model, arena), edge::Status::ok);

  std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
  const std::size_t window = peer.input().size();
  int windows = 0, same_label = 0;
  for (const auto& path : paths) {
    const std::vector<float> frames = frames_of(path, model.front_end());
    for (std::size_t at = 0; at + window <= frames.size(); at += window / 2) {
      const std::span<const float> one = std::span<const float>(frames).subspan(at, window);
      std::copy(one.begin(), one.end(), peer.input().begin());
      ASSERT_EQ(ours.run(one, scores), edge::Status::ok);
      ++windows;
      same_label += top(ours.logits()) == top(peer.run()) ? 1 : 0;
    }
  }
  RecordProperty("windows", windows);
  RecordProperty("same_label", same_label);
  ASSERT_GT(windows, 5 * static_cast<int>(paths.size()));
  EXPECT_GE(same_label, windows * 0.999);
}

}  // namespace
}  // namespace pupil
