// SPDX-License-Identifier: Apache-2.0
#include "student/student_file.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "nn/finite.h"
#include "nn/tensor_file.h"
#include "student/stored_front_end.h"

namespace pupil::student {
namespace {

Json about(const Student& student) {
  Json json;
  json.set("blocks", Json(student.network.blocks));
  json.set("window_frames", student.network.window_frames);
  set_front_end(student.front_end, &json);
  json.set("classes", Json(student.class_names));
  json.set("reported", student.reported_class_count);
  json.set("multi_label", student.multi_label);
  return json;
}

}  // namespace

void save_student(const std::filesystem::path& path, const Student& student) {
  std::vector<nn::NamedTensor> tensors = scale_tensors(student.scale);
  tensors.push_back({"parameters", student.parameters.detach().cpu()});
  tensors.push_back({"statistics", student.statistics.cpu()});
  if (student.quantised.defined()) {
    tensors.push_back({"quantised.parameters", student.quantised.detach().cpu()});
    tensors.push_back({"quantised.ranges", student.ranges.cpu()});
  }
  nn::write_safetensors(path, tensors,
                        {{"configuration", student.configuration}, {"about", about(student).dump()}});
}

Student load_student(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  return with_context(path.string(), [&] {
    const auto text = [&](const std::string& key) -> const std::string& {
      const auto found = file.values().find(key);
      if (found == file.values().end()) throw Error("not a student");
      return std::get<std::string>(found->second);
    };
    Student student;
    student.configuration = text("configuration");
    const Json json = parse_json(text("about"));
    for (const Json& name : json.at("classes").as_array()) student.class_names.push_back(name.as_string());
    std::vector<std::string> blocks;
    for (const Json& block : json.at("blocks").as_array()) blocks.push_back(block.as_string());
    student.reported_class_count = static_cast<std::int32_t>(json.at("reported").as_int());
    student.multi_label = json.at("multi_label").as_bool();
    student.front_end = read_front_end(json);
    student.network =
        make_network(blocks, static_cast<std::int32_t>(json.at("window_frames").as_int()),
                     student.front_end.mel_count, static_cast<std::int32_t>(student.class_names.size()));
    student.scale = read_scale(file);
    student.parameters = nn::finite_tensor(file, "parameters").clone();
    student.statistics = nn::finite_tensor(file, "statistics").clone();
    if (file.has("quantised.parameters")) {
      student.quantised = nn::finite_tensor(file, "quantised.parameters").clone();
      student.ranges = nn::finite_tensor(file, "quantised.ranges").clone();
    }
    MelCnn shape(student.network, at::kCPU, 0, false);
    if (shape.parameters().numel() != student.parameters.numel()) {
      throw Error("the weights do not fit the network's table");
    }
    return student;
  });
}

std::unique_ptr<MelCnn> make_mel_cnn(const Student& student, at::Device device) {
  auto net = std::make_unique<MelCnn>(student.network, device, 0);
  const at::NoGradGuard no_gradient;
  net->parameters().copy_(student.parameters);
  net->statistics().copy_(student.statistics);
  return net;
}

}  // namespace pupil::student
