#include "nn/tensor_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <functional>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "nn/mapped_file.h"
#include "nn/safetensors.h"

namespace pupil::nn {

struct TensorFile::Content {
  std::filesystem::path path;
  std::shared_ptr<const MappedFile> file;
  std::vector<TensorEntry> entries;
  std::vector<TensorLayout> layouts;  // layouts[i] belongs to entries[i].
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

}  // namespace

TensorFile TensorFile::open(const std::filesystem::path& path) {
  auto content = std::make_shared<Content>();
  content->path = path;
  content->file = std::make_shared<const MappedFile>(path);
  with_context(path.string(), [&] {
    const std::span<const std::byte> bytes = content->file->bytes();
    if (is_checkpoint(bytes)) {
      Checkpoint checkpoint = read_checkpoint(bytes);
      content->layouts = std::move(checkpoint.tensors);
      for (auto& [name, value] : checkpoint.values)
        content->values.emplace(std::move(name), std::move(value));
    } else if (is_safetensors(bytes)) {
      SafetensorsHeader header = read_safetensors_header(bytes);
      content->layouts = std::move(header.tensors);
      for (auto& [key, text] : header.metadata) content->values.emplace(key, std::move(text));
    } else {
      throw Error("is neither safetensors nor a PyTorch checkpoint");
    }
    for (const TensorLayout& layout : content->layouts) {
      const std::string& name = layout.entry.name;
      if (!content->index.emplace(name, content->entries.size()).second) {
        throw Error("two tensors are named '" + name + "'");
      }
      content->entries.push_back(layout.entry);
    }
  });
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
  return make_tensor(content_->file, content_->layouts[found->second]);
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
