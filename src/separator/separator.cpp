// SPDX-License-Identifier: Apache-2.0
#include "separator/separator.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "nn/tensor_file.h"
#include "nn/trained_words.h"
#include "separator/mask.h"
#include "separator/query_encoder.h"
#include "separator/resunet.h"
#include "separator/stft.h"

namespace pupil::separator {
namespace {

constexpr std::int64_t kHopSamples = 320;
// A name that only the separation network has.
constexpr std::string_view kKnownSoundName = "base.bn0.weight";

at::Device device_named(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "cuda" && !at::hasCUDA()) throw Error("this libtorch sees no CUDA device");
  if (name != "cuda" && name != "auto") throw Error(concat("unknown device '", name, "' (cpu, cuda, auto)"));
  return at::hasCUDA() ? at::kCUDA : at::kCPU;
}

void check_finite(std::span<const float> values, std::string_view what) {
  const auto bad =
      std::find_if_not(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  if (bad == values.end()) return;
  throw Error(concat(what, " ", bad - values.begin(), " is not a finite number"));
}

at::Tensor tensor_of(std::span<const float> values) {
  // from_blob wants a pointer to non-const; nothing writes through it.
  return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                       at::kFloat);
}

std::filesystem::path checkpoint_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return path;
  std::filesystem::path found;
  for (const std::filesystem::path& entry : folder_entries(path)) {
    const std::filesystem::path extension = entry.extension();
    if (extension != ".ckpt" && extension != ".safetensors") continue;
    if (!found.empty()) throw Error(concat(path.string(), ": several checkpoints in this folder; name one"));
    found = entry;
  }
  if (found.empty()) throw Error(concat(path.string(), ": no .ckpt or .safetensors in this folder"));
  return found;
}

// 16 bits are bfloat16, but IEEE half where this processor multiplies those several times as fast.
at::ScalarType dtype_of(nn::Precision precision, const at::Device& device, const nn::TensorFile& file) {
  if (precision == nn::Precision::f32) return at::kFloat;
  return device.is_cpu() && ResUNet::half_fits(file) ? at::kHalf : at::kBFloat16;
}

ResUNet read_network(const nn::TensorFile& file, const SeparatorOptions& options) {
  nn::WeightReader weights(file, file.prefix_of(kKnownSoundName));
  const at::Device device = device_named(options.device);
  ResUNet network = ResUNet::read(weights, dtype_of(options.precision, device, file), device);
  weights.finish(ResUNet::allowed_extras());
  return network;
}

}  // namespace

struct Query::State {
  ResUNet::Conditioning conditioning;
};

struct Separator::Model {
  nn::TensorFile file;
  ResUNet network;
  Stft stft;
  nn::TrainedWords trained_words;
  std::mutex encoder_mutex;
  std::optional<QueryEncoder> encoder;  // guarded by encoder_mutex; loaded when it is asked for
};

Separator::Separator(const std::filesystem::path& checkpoint, const SeparatorOptions& options) {
  const c10::InferenceMode no_gradients;
  const nn::TensorFile file = nn::TensorFile::open(checkpoint_file(checkpoint));
  ResUNet network = read_network(file, options);
  const std::int64_t window_samples = 2 * (network.bin_count() - 1);
  model_.reset(new Model{file,
                         std::move(network),
                         Stft(window_samples, kHopSamples),
                         nn::TrainedWords::load(file.path().parent_path()),
                         {},
                         {}});
}

Separator::~Separator() = default;
Separator::Separator(Separator&&) noexcept = default;
Separator& Separator::operator=(Separator&&) noexcept = default;

std::int64_t Separator::condition_size() const {
  return model_->network.condition_size();
}

Query Separator::query(std::span<const float> condition) const {
  const c10::InferenceMode no_gradients;
  if (static_cast<std::int64_t>(condition.size()) != condition_size()) {
    throw Error(
        concat("the condition has ", condition.size(), " values, this model takes ", condition_size()));
  }
  check_finite(condition, "the condition's value");
  return Query(std::make_shared<Query::State>(Query::State{model_->network.steer(tensor_of(condition))}));
}

Query Separator::query(std::string_view text) const {
  const std::lock_guard lock(model_->encoder_mutex);
  if (!model_->encoder) {
    if (!QueryEncoder::present_in(model_->file)) {
      throw Error(concat(model_->file.path().string(), ": has no text tower; give it a ready condition"));
    }
    model_->encoder.emplace(model_->file);
  }
  return query(model_->encoder->embed(std::string(text)));
}

std::string Separator::unfamiliar_words(std::string_view text) const {
  const std::string unknown = model_->trained_words.unfamiliar_words(text);
  return unknown.empty() ? "" : concat("the separator was ", unknown, ": what it gives for it means little");
}

std::vector<float> Separator::separate(std::span<const float> mixture, const Query& query) const {
  const c10::InferenceMode no_gradients;
  check_finite(mixture, "sample");
  const auto sample_count = static_cast<std::int64_t>(mixture.size());
  if (sample_count == 0) return {};
  const Stft& stft = model_->stft;
  at::Tensor samples = tensor_of(mixture);
  if (sample_count < stft.min_samples())
    samples = at::constant_pad_nd(samples, {0, stft.min_samples() - sample_count});
  const Spectrum spectrum = stft.forward(samples);
  const at::Tensor loudness = magnitude(spectrum);
  const at::Tensor logits = model_->network.logits(loudness, query.state().conditioning).cpu();
  const at::Tensor wanted = stft.inverse(apply(mask_of(logits), spectrum, loudness), sample_count);
  return {wanted.data_ptr<float>(), wanted.data_ptr<float>() + sample_count};
}

}  // namespace pupil::separator
