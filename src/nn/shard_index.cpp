// SPDX-License-Identifier: Apache-2.0
#include "nn/shard_index.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

constexpr std::string_view kIndexEnd = ".index.json";

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos && !is_shard_index(name);
}

}  // namespace

bool is_shard_index(const std::filesystem::path& path) {
  return path.filename().string().ends_with(kIndexEnd);
}

std::map<std::string, std::set<std::string>> read_shard_index(const std::filesystem::path& path) {
  const Json index = read_json(path);
  return with_context(path.string(), [&] {
    std::map<std::string, std::set<std::string>> shards;
    for (const auto& [tensor, shard] : index.at("weight_map").as_object()) {
      const std::string& name = shard.as_string();
      if (!is_plain_name(name))
        throw Error(
            concat("tensor '", tensor, "' is in '", name, "', wanted the name of a file beside the index"));
      shards[name].insert(tensor);
    }
    if (shards.empty()) throw Error("weight_map names no tensor");
    return shards;
  });
}

}  // namespace pupil::nn
