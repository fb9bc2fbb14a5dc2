#include "student/checkpoint.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "nn/tensor_file.h"

namespace pupil::student {
namespace {

/// "epochs is 60 there, 80 here": the first key that differs.
std::string difference(const std::string& theirs, const std::string& ours) {
  const Json a = parse_json(theirs), b = parse_json(ours);
  for (const auto& [key, value] : b.as_object()) {
    const Json* other = a.find(key);
    if (other == nullptr) return concat(key, " is new");
    if (other->dump() == value.dump()) continue;
    if (value.is_object() && other->is_object())
      return concat("[", key, "] ", difference(other->dump(), value.dump()));
    return concat(key, " is ", other->dump(), " there and ", value.dump(), " here");
  }
  return "it was made by another version";
}

const std::string& text_value(const nn::TensorFile& file, const std::string& key) {
  const auto found = file.values().find(key);
  if (found == file.values().end() || !std::holds_alternative<std::string>(found->second)) {
    throw Error(concat("not a checkpoint of a training: no '", key, "'"));
  }
  return std::get<std::string>(found->second);
}

CheckpointPlace place_of(const nn::TensorFile& file) {
  return {text_value(file, "configuration"), std::stoll(text_value(file, "phase")),
          std::stoll(text_value(file, "step"))};
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  std::vector<nn::NamedTensor> tensors;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (!at::isfinite(tensor).all().item<bool>()) {
      throw Error(concat(name, " is no longer finite at step ", checkpoint.step,
                         ": the last good checkpoint stays; lower [train] learning_rate"));
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
    Checkpoint checkpoint;
    const CheckpointPlace place = place_of(file);
    checkpoint.configuration = place.configuration;
    if (checkpoint.configuration != configuration) {
      throw Error(concat("the checkpoint is of another configuration (",
                         difference(checkpoint.configuration, configuration),
                         "): change it back, or start again with --fresh"));
    }
    checkpoint.phase = place.phase;
    checkpoint.step = place.step;
    for (const nn::TensorEntry& entry : file.entries())
      checkpoint.tensors[entry.name] = file.tensor(entry.name).clone();
    return std::optional(std::move(checkpoint));
  });
}

}  // namespace pupil::student
