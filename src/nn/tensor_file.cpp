// SPDX-License-Identifier: Apache-2.0
// Mapped files, and names to the places in them.
//
// 1. entries[i] and stored[i] are one tensor and index leads to i, over all shards.
// 2. A tensor's deleter holds its MappedFile: the mapping lives as long as the last tensor, whether the
//    TensorFile is still there or not. Only what cannot be read in place is copied.
// 3. A shard must hold what the index says and nothing else. Both directions are checked on [first, end) of
//    entries, the shard's own part, so that a tensor cannot be found in another shard.
// 4. Names of shards come from a file that others made: only plain names are taken, never paths.

#include "nn/tensor_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/stand_in.h"
#include "base/text.h"
#include "nn/checkpoint.h"
#include "nn/mapped_file.h"
#include "nn/safetensors.h"
#include "nn/shard_index.h"

namespace pupil::nn {

namespace fs = std::filesystem;

namespace {

struct StoredTensor {
  TensorLayout layout;
  std::shared_ptr<const MappedFile> file;
};

}  // namespace

struct TensorFile::Content {
  void add_file(const fs::path& file_path);
  void add_shards();

  fs::path path;
  std::vector<TensorEntry> entries;
  std::vector<StoredTensor> stored;  // stored[i] belongs to entries[i].
  std::map<std::string, std::size_t, std::less<>> index;
  std::map<std::string, PlainValue> values;
};

namespace {

/// The elements from the first to the last that the layout reaches, in memory of their own.
at::Tensor copy_tensor(std::span<const std::byte> file, const TensorLayout& layout) {
  const auto reach = static_cast<std::int64_t>(element_reach(layout.entry.shape, layout.strides));
  at::Tensor copy = at::empty({reach}, layout.entry.dtype);
  const std::byte* source = file.data() + layout.offset_bytes;
  if (layout.entry.dtype == at::kBool) {
    // Any other byte than 0 and 1 in a bool is undefined behaviour in C++.
    bool* out = copy.data_ptr<bool>();
    for (std::int64_t i = 0; i < reach; ++i) out[i] = source[i] != std::byte{0};
  } else {
    std::memcpy(copy.data_ptr(), source, copy.nbytes());
  }
  return copy.as_strided(layout.entry.shape, layout.strides);
}

at::Tensor make_tensor(const std::shared_ptr<const MappedFile>& file, const TensorLayout& layout) {
  const std::span<std::byte> bytes = file->bytes();
  if (layout.entry.bytes == 0) return at::empty(layout.entry.shape, layout.entry.dtype);
  std::byte* begin = bytes.data() + layout.offset_bytes;
  const bool aligned = reinterpret_cast<std::uintptr_t>(begin) % c10::elementSize(layout.entry.dtype) == 0;
  if (layout.entry.dtype == at::kBool || !aligned) return copy_tensor(bytes, layout);
  return at::from_blob(
      begin, layout.entry.shape, layout.strides, [file](void*) {}, at::TensorOptions(layout.entry.dtype));
}

fs::path index_in(const fs::path& folder) {
  for (const char* name : {"model.safetensors.index.json", "pytorch_model.bin.index.json"}) {
    std::error_code code;
    if (fs::exists(folder / name, code)) return folder / name;
  }
  throw Error(folder.string() + ": is a folder without model.safetensors.index.json");
}

}  // namespace

void TensorFile::Content::add_file(const fs::path& file_path) {
  const auto file = std::make_shared<const MappedFile>(file_path);
  const std::span<const std::byte> bytes = file->bytes();
  with_context(file_path.string(), [&] {
    std::vector<TensorLayout> layouts;
    if (is_checkpoint(bytes)) {
      Checkpoint checkpoint = read_checkpoint(bytes);
      layouts = std::move(checkpoint.tensors);
      for (auto& [name, value] : checkpoint.values) values.emplace(std::move(name), std::move(value));
    } else if (is_safetensors(bytes)) {
      SafetensorsHeader header = read_safetensors_header(bytes);
      layouts = std::move(header.tensors);
      for (auto& [key, text] : header.metadata) values.emplace(key, std::move(text));
    } else {
      const std::size_t begin = std::min(bytes.size(), kStandInBytes);
      refuse_stand_in({reinterpret_cast<const char*>(bytes.data()), begin}, "weights");
      throw Error("is neither safetensors nor a PyTorch checkpoint");
    }
    for (TensorLayout& layout : layouts) {
      const std::string& name = layout.entry.name;
      if (!index.emplace(name, entries.size()).second) throw Error("two tensors are named '" + name + "'");
      entries.push_back(layout.entry);
      stored.push_back({std::move(layout), file});
    }
  });
}

void TensorFile::Content::add_shards() {
  const auto shards = read_shard_index(path);
  for (const auto& [shard, names] : shards) {
    const fs::path file_path = path.parent_path() / shard;
    const std::size_t first = entries.size();
    with_context(path.string(), [&, &shard = shard] {
      std::error_code code;
      if (!fs::exists(file_path, code))
        throw Error("shard '" + shard + "' is missing: fetch it into the same folder");
    });
    add_file(file_path);
    with_context(path.string(), [&, &shard = shard, &names = names] {
      for (std::size_t i = first; i < entries.size(); ++i) {
        if (!names.contains(entries[i].name)) {
          throw Error(concat("'", entries[i].name, "' of shard '", shard, "' is not said to be there"));
        }
      }
      for (const std::string& name : names) {
        const auto found = index.find(name);
        if (found == index.end() || found->second < first) {
          throw Error(concat("tensor '", name, "' is not in its shard '", shard, "'"));
        }
      }
    });
  }
}

TensorFile TensorFile::open(const fs::path& path) {
  auto content = std::make_shared<Content>();
  std::error_code code;
  content->path = fs::is_directory(path, code) ? index_in(path) : path;
  is_shard_index(content->path) ? content->add_shards() : content->add_file(path);
  return TensorFile(std::move(content));
}

const std::filesystem::path& TensorFile::path() const {
  return content_->path;
}

std::span<const TensorEntry> TensorFile::entries() const {
  return content_->entries;
}

const TensorEntry* TensorFile::find(std::string_view name) const {
  const auto found = content_->index.find(name);
  return found == content_->index.end() ? nullptr : &content_->entries[found->second];
}

at::Tensor TensorFile::tensor(std::string_view name) const {
  const auto found = content_->index.find(name);
  if (found == content_->index.end())
    throw Error(path().string() + ": no tensor '" + std::string(name) + "'");
  const StoredTensor& stored = content_->stored[found->second];
  return make_tensor(stored.file, stored.layout);
}

const std::map<std::string, PlainValue>& TensorFile::values() const {
  return content_->values;
}

std::string TensorFile::prefix_of(std::string_view known_name) const {
  const std::string* best = nullptr;
  for (const TensorEntry& entry : entries()) {
    const std::string& name = entry.name;
    if (!name.ends_with(known_name)) continue;
    const bool whole = name.size() == known_name.size() || name[name.size() - known_name.size() - 1] == '.';
    if (whole && (best == nullptr || name.size() < best->size())) best = &name;
  }
  if (best == nullptr) {
    throw Error(path().string() + ": no tensor '" + std::string(known_name) + "', under any prefix (" +
                (entries().empty() ? "it holds no tensors" : "it begins with '" + entries()[0].name + "'") +
                ")");
  }
  return best->substr(0, best->size() - known_name.size());
}

}  // namespace pupil::nn
