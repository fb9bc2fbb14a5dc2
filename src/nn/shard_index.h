// SPDX-License-Identifier: Apache-2.0
// The index of weights that lie in several files (shards): "model.safetensors.index.json" beside them.

#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace pupil::nn {

/// Whether a file is such an index by its name.
bool is_shard_index(const std::filesystem::path& path);

/// The tensors that each shard holds: {"model-00001-of-00002.safetensors": {"conv.weight", ...}}. Shards lie
/// beside the index; whether they are there is not looked at. Error, beginning with the path: it cannot be
/// read, is no such index, or names a shard that is not a plain file's name (a path could lead anywhere on
/// this machine).
std::map<std::string, std::set<std::string>> read_shard_index(const std::filesystem::path& path);

}  // namespace pupil::nn
