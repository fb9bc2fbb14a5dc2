// SPDX-License-Identifier: Apache-2.0
#include "student/backbone.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "nn/finite.h"
#include "nn/model_store.h"
#include "nn/tensor_file.h"
#include "student/network_spec.h"
#include "student/stored_front_end.h"

namespace pupil::student {
namespace {

constexpr const char* kFile = "model.safetensors";
constexpr const char* kAbout = "backbone";  // key of the metadata

// What a network must have in common with its backbone; the length of a window is not among it.
Json requirements(const std::vector<std::string>& blocks, const edge::LogMelOptions& front_end) {
  Json json;
  json.set("blocks", blocks);
  set_front_end(front_end, &json);
  return json;
}

void check_sizes(const Backbone& backbone) {
  const auto mels = static_cast<std::size_t>(backbone.front_end.mel_count);
  if (backbone.scale.mean.size() != mels || backbone.scale.deviation.size() != mels)
    throw Error("the scale does not fit the mel bins");
}

}  // namespace

std::int64_t body_size(const MelCnn& net) {
  return net.places().back().weight;
}

void save_backbone(const std::filesystem::path& path, const Backbone& backbone) {
  Json about = requirements(backbone.blocks, backbone.front_end);
  about.set("steps", backbone.steps);
  std::vector<nn::NamedTensor> tensors = scale_tensors(backbone.scale);
  tensors.push_back({"body", backbone.body.detach().cpu().to(at::kHalf)});
  tensors.push_back({"statistics", backbone.statistics.cpu()});
  nn::write_safetensors(path, tensors, {{kAbout, about.dump()}});
}

std::filesystem::path backbone_file(const std::string& init) {
  const std::filesystem::path found = nn::resolve_model(init, ".", nn::cache_dir());
  return std::filesystem::is_directory(found) ? found / kFile : found;
}

Backbone load_backbone(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  return with_context(path.string(), [&] {
    const auto found = file.values().find(kAbout);
    if (found == file.values().end()) throw Error("not a backbone (pupil pretrain student makes one)");
    const Json about = parse_json(std::get<std::string>(found->second));
    Backbone backbone;
    for (const Json& block : about.at("blocks").as_array()) backbone.blocks.push_back(block.as_string());
    backbone.front_end = read_front_end(about);
    backbone.steps = about.at("steps").as_int();
    backbone.scale = read_scale(file);
    backbone.body = nn::finite_tensor(file, "body").to(at::kFloat);
    backbone.statistics = nn::finite_tensor(file, "statistics").clone();
    check_sizes(backbone);
    return backbone;
  });
}

std::string resolved_init(const TrainSection& train) {
  if (train.init != kShippedBackbone) return train.init;
  const std::string name = concat("backbone-", train.size);
  for (const nn::BuiltInModel& model : nn::built_in_models()) {
    if (model.name != name) continue;
    const Backbone backbone = load_backbone(model.folder / kFile);
    const Json wanted = requirements(network_blocks(train), front_end_options(train));
    return wanted.dump() == requirements(backbone.blocks, backbone.front_end).dump()
               ? name
               : std::string(kNoBackbone);
  }
  return std::string(kNoBackbone);
}

void begin_with(MelCnn& net, const edge::LogMelOptions& front_end, const Backbone& backbone) {
  const Json wanted = requirements(net.spec().blocks, front_end);
  const Json given = requirements(backbone.blocks, backbone.front_end);
  for (const auto& [key, value] : wanted.as_object()) {
    if (value.dump() != given.at(key).dump())
      throw Error(concat("the backbone was made for ", key, " ", given.at(key).dump(), ", the student has ",
                         value.dump(), ": set [train] to the backbone's, or init = \"none\""));
  }
  if (backbone.body.numel() != body_size(net) || backbone.statistics.numel() != net.statistics().numel())
    throw Error("the backbone's weights do not fit its blocks");
  const at::NoGradGuard no_gradient;
  net.parameters().narrow(0, 0, body_size(net)).copy_(backbone.body);
  net.statistics().copy_(backbone.statistics);
}

std::string backbone_identity(const std::string& init) {
  return init == kNoBackbone ? init : sha256_file(backbone_file(init));
}

}  // namespace pupil::student
