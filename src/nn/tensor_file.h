// SPDX-License-Identifier: Apache-2.0
// Files of named tensors: weights as others publish them, and our own stored arrays.

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/tensor_layout.h"

namespace pupil::nn {

/// A safetensors file or a PyTorch checkpoint (torch.save: `.bin`, `.pt`, `.pth`, `.ckpt`), recognised by
/// content.
///
/// A checkpoint may nest dictionaries, lists and tuples; a tensor is named by its whole path, joined by dots
/// ("state_dict.module.conv.weight", "optimizer.state.0.exp_avg"). No code of a file is ever run: see
/// checkpoint.h for what is understood, what is skipped and what is refused.
///
/// Memory: the file is mapped, not read. A tensor shares the mapping and keeps it alive, also after the
/// TensorFile is gone; pages come from disk when they are first touched. Copied instead: tensors of bool, and
/// tensors whose data is not aligned to their element size. Tensors may be written to: the change is seen by
/// others taken from the same bytes, never by the file. The file must not be shortened meanwhile
/// (mapped_file.h). Threads: const functions may be called from several. Copies share everything and are
/// cheap.
///
/// Weights in several files (shards) are one TensorFile: `path` is then the index beside them
/// ("model.safetensors.index.json": {"weight_map": {"NAME": "model-00001-of-00002.safetensors", ...}}) or a folder
/// that holds one index. Entries come by the shards' names; of plain values that differ, the first shard's count.
class TensorFile {
 public:
  /// Opens and checks the whole structure; tensor data is not looked at. Shards must lie beside their index and
  /// hold exactly the tensors that it says.
  /// Throws Error, beginning with the path: no such file, unknown format, truncated, or broken rules.
  static TensorFile open(const std::filesystem::path& path);

  /// What was opened; of a folder, its index.
  const std::filesystem::path& path() const;

  /// All tensors: safetensors in the order of their data, checkpoints in the order of their dictionaries.
  std::span<const TensorEntry> entries() const;

  /// nullptr when there is no such tensor. Lives as long as any copy of this object.
  const TensorEntry* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// On the CPU, without gradient, with the stored dtype; strides as stored (a checkpoint may hold transposed
  /// views). Throws Error when there is none.
  at::Tensor tensor(std::string_view name) const;

  /// Plain values by path; for safetensors its metadata. Values that are neither plain nor tensors are not
  /// here.
  const std::map<std::string, PlainValue>& values() const;

  /// The path in front of a network's own names: "" or a text that ends in a dot, such as
  /// "state_dict.module.". `known_name` is a name that only this network has ("audio_branch.bn0.weight"). If
  /// several paths lead to it (weights and their running average), the shortest, then the first. Throws Error
  /// when there is none.
  std::string prefix_of(std::string_view known_name) const;

 private:
  struct Content;
  explicit TensorFile(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

  std::shared_ptr<const Content> content_;
};

struct NamedTensor {
  std::string name;
  at::Tensor tensor;  ///< Any device, strides and dtype that safetensors has.
};

/// Writes a safetensors file, replacing an old one at once or not at all (temporary file beside it, fsync,
/// rename): whoever reads `path` sees the old or the new file whole. The data lies by falling element size,
/// so that all of it is aligned, otherwise in the order given; same input, same bytes. Throws Error on a name
/// given twice, an undefined tensor, a dtype the format lacks, or a failed write; the old file is then
/// untouched.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace pupil::nn
