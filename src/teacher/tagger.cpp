// SPDX-License-Identifier: Apache-2.0
#include "teacher/tagger.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "nn/model_store.h"
#include "nn/tensor_file.h"
#include "teacher/audioset_classes.h"
#include "teacher/efficientat_features.h"
#include "teacher/efficientat_network.h"

namespace pupil::teacher {

struct Tagger::Content {
  EfficientAtNetwork network;
  std::vector<std::string> class_names;
  at::Device device;
};

namespace {

EfficientAtNetwork load_network(const std::filesystem::path& path, at::Device device) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  nn::WeightReader weights(file, file.prefix_of(EfficientAtNetwork::kKnownName));
  return {weights, device};
}

std::vector<std::string> names_for(const std::filesystem::path& path, std::int64_t class_count) {
  const std::filesystem::path beside = path.parent_path() / Tagger::kClassNamesFile;
  std::vector<std::string> names;
  if (std::filesystem::exists(beside)) {
    names = read_class_names(beside);
  } else {
    names.assign(audioset_class_names().begin(), audioset_class_names().end());
  }
  if (static_cast<std::int64_t>(names.size()) != class_count) {
    throw Error(concat(path.string(), ": ", class_count, " outputs, but ", names.size(), " class names in ",
                       std::filesystem::exists(beside)
                           ? beside.string()
                           : "AudioSet's list (put theirs beside it as " + beside.filename().string() + ")"));
  }
  return names;
}

}  // namespace

Tagger::Tagger(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

Tagger Tagger::load(const std::filesystem::path& path, at::Device device) {
  const std::filesystem::path file = nn::weights_file(path);
  EfficientAtNetwork network = load_network(file, device);
  std::vector<std::string> names = names_for(file, network.class_count());
  return Tagger(std::make_shared<const Content>(Content{std::move(network), std::move(names), device}));
}

std::string_view Tagger::family() const {
  return "efficientat";
}

std::int32_t Tagger::sample_rate_hz() const {
  return kEfficientAtSampleRateHz;
}

std::int64_t Tagger::embedding_size() const {
  return content_->network.embedding_size();
}

std::span<const std::string> Tagger::class_names() const {
  return content_->class_names;
}

std::vector<std::int64_t> Tagger::class_positions(std::span<const std::string> names) const {
  std::vector<std::int64_t> positions;
  for (const std::string& name : names) {
    positions.push_back(static_cast<std::int64_t>(class_position(content_->class_names, name)));
  }
  return positions;
}

const EfficientAtNetwork& Tagger::network() const {
  return content_->network;
}

TaggerOutput Tagger::forward(const at::Tensor& audio) const {
  const at::Tensor pictures = efficientat_features(audio).to(content_->device);
  const EfficientAtNetwork::Output output = content_->network.forward(pictures);
  return {.logits = output.logits.cpu(), .embeddings = output.embeddings.cpu()};
}

}  // namespace pupil::teacher
