// SPDX-License-Identifier: Apache-2.0
#include "training/checkpoint.h"

#include <ATen/ATen.h>

#include <charconv>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/text.h"
#include "nn/finite.h"
#include "nn/tensor_file.h"

namespace pupil::training {
namespace {

/// "epochs is 60 there and 80 here": the first key that differs.
std::string difference(const Json& theirs, const Json& ours) {
  for (const auto& [key, value] : ours.as_object()) {
    const Json* other = theirs.find(key);
    if (other == nullptr) return concat(key, " is new");
    if (other->dump() == value.dump()) continue;
    if (value.is_object() && other->is_object()) return concat("[", key, "] ", difference(*other, value));
    return concat(key, " is ", other->dump(), " there and ", value.dump(), " here");
  }
  for (const auto& [key, value] : theirs.as_object()) {
    if (ours.find(key) == nullptr) return concat(key, " is ", value.dump(), " there and missing here");
  }
  return "its keys are in another order";
}

const std::string& text_value(const nn::TensorFile& file, const std::string& key) {
  const auto found = file.values().find(key);
  if (found == file.values().end() || !std::holds_alternative<std::string>(found->second)) {
    throw Error(concat("not a checkpoint of a training: no '", key, "'"));
  }
  return std::get<std::string>(found->second);
}

std::int64_t number_value(const nn::TensorFile& file, const std::string& key) {
  const std::string& text = text_value(file, key);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw Error(concat("not a checkpoint of a training: ", key, " is '", text, "', not a number from 0 on"));
  }
  return number;
}

CheckpointPlace place_of(const nn::TensorFile& file) {
  return {text_value(file, "configuration"), number_value(file, "phase"), number_value(file, "step")};
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

std::filesystem::path metrics_path(const std::filesystem::path& folder) {
  return folder / "metrics.jsonl";
}

void forget_training(const std::filesystem::path& folder) {
  remove_file(checkpoint_path(folder));
  remove_file(metrics_path(folder));
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  std::vector<nn::NamedTensor> tensors;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (!at::isfinite(tensor).all().item<bool>()) {
      throw Error(concat(path.string(), ": ", name, " is not finite at step ", checkpoint.step,
                         ": the last good checkpoint stays; lower the learning rate"));
    }
    tensors.push_back({name, tensor.detach()});
  }
  nn::write_safetensors(path, tensors,
                        {{"configuration", checkpoint.configuration},
                         {"phase", std::to_string(checkpoint.phase)},
                         {"step", std::to_string(checkpoint.step)}});
}

std::optional<CheckpointPlace> read_place(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return with_context(path.string(), [&] { return std::optional(place_of(nn::TensorFile::open(path))); });
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path,
                                          const std::string& configuration) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const nn::TensorFile file = nn::TensorFile::open(path);
  return with_context(path.string(), [&] {
    Checkpoint checkpoint{place_of(file), {}};
    if (checkpoint.configuration != configuration) {
      throw Error(concat("the checkpoint is of another configuration (",
                         difference(parse_json(checkpoint.configuration), parse_json(configuration)),
                         "): change it back, or start again with --fresh"));
    }
    for (const nn::TensorEntry& entry : file.entries())
      checkpoint.tensors[entry.name] = nn::finite_tensor(file, entry.name).clone();
    return std::optional(std::move(checkpoint));
  });
}

std::optional<Checkpoint> open_training(const std::filesystem::path& folder, const std::string& configuration,
                                        bool fresh) {
  make_folders(folder);
  if (fresh) forget_training(folder);
  return load_checkpoint(checkpoint_path(folder), configuration);
}

}  // namespace pupil::training
