#include "student/device_scorer.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "pupil/edge/network.h"

namespace pupil::student {
namespace {

void check(edge::Status status, std::string_view what) {
  if (status != edge::Status::ok) throw Error(concat(what, ": ", edge::to_string(status)));
}

struct alignas(edge::kModelAlignment) Block {
  std::byte bytes[edge::kModelAlignment];
};

}  // namespace

struct DeviceScorer::Device {
  std::vector<Block> file;
  std::int64_t file_bytes = 0;
  std::vector<std::byte> arena;
  edge::Model model;
  edge::Network network;

  explicit Device(const edge::ModelDraft& draft) {
    const std::vector<std::byte> bytes = edge::write_model(draft);
    file_bytes = std::ssize(bytes);
    file.resize(bytes.size() / sizeof(Block) + 1);
    std::memcpy(file.data(), bytes.data(), bytes.size());
    check(model.load({file.front().bytes, bytes.size()}), "student's model file");
    arena.resize(edge::Network::arena_bytes(model));
    check(network.init(model, arena), "student's network");
  }

  std::span<const float> run(std::span<const float> frames) {
    std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
    check(network.run(frames, scores), "student's network");
    return network.logits();
  }
};

DeviceScorer::DeviceScorer(const edge::ModelDraft& draft) : device_(std::make_unique<Device>(draft)) {}
DeviceScorer::~DeviceScorer() = default;
DeviceScorer::DeviceScorer(DeviceScorer&&) noexcept = default;

std::vector<float> DeviceScorer::logits(const TrainingSet& set, std::span<const std::int64_t> windows) {
  FrontEnd front_end(device_->model.front_end());
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  std::vector<float> frames(
      static_cast<std::size_t>(device_->model.window_frames() * device_->model.mel_count()));
  std::vector<float> all;
  for (const std::int64_t index : windows) {
    set.read_window(set.windows()[static_cast<std::size_t>(index)], 0, audio);
    front_end.run(audio, frames);
    const std::span<const float> logits = device_->run(frames);
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

std::int64_t DeviceScorer::file_bytes() const { return device_->file_bytes; }
std::int64_t DeviceScorer::macs_per_window() const { return device_->model.macs(); }

double DeviceScorer::window_s() {
  const std::vector<float> frames(
      static_cast<std::size_t>(device_->model.window_frames() * device_->model.mel_count()), -5.0F);
  std::vector<double> times;
  for (int i = 0; i < 51; ++i) {
    const auto start = std::chrono::steady_clock::now();
    device_->run(frames);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + 25, times.end());
  return times[25];
}

}  // namespace pupil::student
