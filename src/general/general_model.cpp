// SPDX-License-Identifier: Apache-2.0
// What a file is tells its shape: TensorFlow Lite's input says which front end it wants, all else is read as VGGish. Audio of any
// length is cut into patches of 0.96 s; logits and embeddings are means over them. The integer network takes one patch at a time, for
// its file has a batch of one.

#include "general/general_model.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <fstream>
#include <functional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/median_time.h"
#include "base/text.h"
#include "general/patch_front_end.h"
#include "general/vggish.h"
#include "nn/tensor_file.h"
#include "nn/threads.h"
#include "teacher/audioset_classes.h"
#include "tflite/fast_kernels.h"
#include "tflite/network.h"

namespace pupil::general {
namespace {

using Shape = std::vector<std::int32_t>;
const Shape kYamnetInput = {1, 96, 64}, kYamnet256Input = {1, 64, 96, 1};

std::vector<std::string> names_beside(const std::filesystem::path& path, std::int64_t output_count) {
  for (const char* file : {"yamnet_class_map.csv", "class_labels_indices.csv"}) {
    const std::filesystem::path beside = path.parent_path() / file;
    if (!std::filesystem::exists(beside)) continue;
    std::vector<std::string> names = teacher::read_class_names(beside);
    if (std::ssize(names) != output_count)
      throw Error(concat(output_count, " outputs, but ", names.size(), " names in ", beside.string()));
    return names;
  }
  return {};
}

void add(std::span<const float> values, std::vector<float>* sums) {
  sums->resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) (*sums)[i] += values[i];
}

void divide(std::vector<float>* sums, std::int64_t count) {
  for (float& sum : *sums) sum /= static_cast<float>(count);
}

double one_thread_s(const std::function<void()>& run) {
  const std::int32_t threads = nn::thread_count();
  nn::set_thread_count(1);
  const double time_s = median_s(51, run);
  nn::set_thread_count(threads);
  return time_s;
}

class QuantisedModel final : public GeneralModel {
 public:
  explicit QuantisedModel(const std::filesystem::path& path)
      : name_(path.stem().string()), network_(tflite::ModelFile::open(path), tflite::fast_kernels()) {
    const Shape& input = network_.input_shape();
    if (input != kYamnetInput && input != kYamnet256Input)
      throw Error("its input is not [1, 96, 64] or [1, 64, 96, 1]: no front end is known for it");
    is_turned_ = input == kYamnet256Input;
    front_end_ = std::make_unique<PatchFrontEnd>(is_turned_ ? kYamnet256Patches : kYamnetPatches);
    class_names_ = names_beside(path, network_.class_count());
  }

  const std::string& name() const override { return name_; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::int64_t file_bytes() const override { return network_.file().file_bytes(); }
  std::int64_t macs() const override { return network_.macs(); }

  GeneralOutput forward(std::span<const float> audio) const override {
    at::Tensor patches = front_end_->patches(audio);
    if (is_turned_) patches = patches.transpose(1, 2).contiguous();
    const auto size = static_cast<std::size_t>(kPatchFrames * kPatchMels);
    GeneralOutput output;
    for (std::int64_t i = 0; i < patches.size(0); ++i) {
      network_.run({patches.data_ptr<float>() + static_cast<std::size_t>(i) * size, size});
      add(network_.logits(), &output.logits);
      add(network_.embedding(), &output.embedding);
    }
    divide(&output.logits, patches.size(0));
    divide(&output.embedding, patches.size(0));
    return output;
  }

  double patch_s() const override {
    const std::vector<float> patch(static_cast<std::size_t>(network_.input_count()), -3.0F);
    return one_thread_s([&] { network_.run(patch); });
  }

 private:
  std::string name_;
  mutable tflite::Network network_;  // its buffers
  std::unique_ptr<PatchFrontEnd> front_end_;
  std::vector<std::string> class_names_;
  bool is_turned_ = false;  // [mel, frame] instead of [frame, mel]
};

class VggishModel final : public GeneralModel {
 public:
  explicit VggishModel(const std::filesystem::path& path)
      : name_(path.stem().string()),
        file_bytes_(static_cast<std::int64_t>(std::filesystem::file_size(path))),
        network_(Vggish::load(nn::TensorFile::open(path))),
        front_end_(kVggishPatches) {}

  const std::string& name() const override { return name_; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::int64_t file_bytes() const override { return file_bytes_; }
  std::int64_t macs() const override { return network_.macs(); }

  GeneralOutput forward(std::span<const float> audio) const override {
    const at::NoGradGuard no_gradient;
    const at::Tensor mean = network_.forward(front_end_.patches(audio)).mean(0).contiguous();
    return {{}, {mean.data_ptr<float>(), mean.data_ptr<float>() + mean.numel()}};
  }

  double patch_s() const override {
    const at::NoGradGuard no_gradient;
    const at::Tensor patch = front_end_.patches({});
    return one_thread_s([&] { network_.forward(patch); });
  }

 private:
  std::string name_;
  std::int64_t file_bytes_;
  Vggish network_;
  PatchFrontEnd front_end_;
  std::vector<std::string> class_names_;  // it has no classes
};

bool is_tflite(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  char head[8] = {};
  in.read(head, sizeof head);
  return in && std::string_view(head + 4, 4) == "TFL3";
}

}  // namespace

std::unique_ptr<GeneralModel> load_general_model(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path))
    throw Error(path.string() + ": no such file (a general model's)");
  if (!is_tflite(path)) return std::make_unique<VggishModel>(path);
  return with_context(path.string(), [&] { return std::make_unique<QuantisedModel>(path); });
}

}  // namespace pupil::general
