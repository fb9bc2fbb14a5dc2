// write_safetensors: see tensor_file.h for what it promises and safetensors.h for the format.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "nn/safetensors.h"
#include "nn/tensor_file.h"

namespace pupil::nn {
namespace {

/// A file beside `target` that takes its place on commit(), and disappears if that is never reached.
class ReplacingFile {
 public:
  explicit ReplacingFile(const std::filesystem::path& target)
      : target_(target), temporary_(target.string() + ".partial." + std::to_string(getpid())) {
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("cannot be written");
  }
  ~ReplacingFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (descriptor_ >= 0 && !temporary_.empty()) unlink(temporary_.c_str());
  }
  ReplacingFile(const ReplacingFile&) = delete;
  ReplacingFile& operator=(const ReplacingFile&) = delete;

  void write(const void* data, std::size_t bytes) {
    const auto* rest = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t done = ::write(descriptor_, rest, bytes);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail("cannot be written");
      rest += done;
      bytes -= static_cast<std::size_t>(done);
    }
  }

  void commit() {
    if (fsync(descriptor_) != 0) fail("cannot be written");
    if (rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
    temporary_.clear();
  }

 private:
  [[noreturn]] void fail(const char* what) {
    throw Error(target_.string() + ": " + what + ": " + std::strerror(errno));
  }

  std::filesystem::path target_;
  std::string temporary_;
  int descriptor_ = -1;
};

void check(std::span<const NamedTensor> tensors) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__" || !names.insert(name).second)
      throw Error("tensor name '" + name + "' is taken");
    if (!tensor.defined()) throw Error("tensor '" + name + "' is undefined");
    if (safetensors_dtype_name(tensor.scalar_type()).empty()) {
      throw Error("tensor '" + name + "': safetensors has no dtype " + c10::toString(tensor.scalar_type()));
    }
  }
}

std::vector<const NamedTensor*> by_falling_element_size(std::span<const NamedTensor> tensors) {
  std::vector<const NamedTensor*> order;
  order.reserve(tensors.size());
  for (const NamedTensor& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return a->tensor.element_size() > b->tensor.element_size();
  });
  return order;
}

/// Padded to a multiple of 8 bytes, so that the data begins aligned.
std::string header_text(std::span<const NamedTensor* const> order,
                        const std::map<std::string, std::string>& metadata) {
  Json::Object header;
  if (!metadata.empty()) {
    Json::Object texts;
    for (const auto& [key, text] : metadata) texts.emplace_back(key, text);
    header.emplace_back("__metadata__", std::move(texts));
  }
  std::int64_t offset = 0;
  for (const NamedTensor* named : order) {
    const std::int64_t end = offset + static_cast<std::int64_t>(named->tensor.nbytes());
    Json entry;
    entry.set("dtype", safetensors_dtype_name(named->tensor.scalar_type()));
    entry.set("shape", named->tensor.sizes().vec());
    entry.set("data_offsets", std::vector<std::int64_t>{offset, end});
    header.emplace_back(named->name, std::move(entry));
    offset = end;
  }
  std::string text = Json(std::move(header)).dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = with_context(path.string(), [&] {
    check(tensors);
    return header_text(by_falling_element_size(tensors), metadata);
  });
  ReplacingFile file(path);
  const std::uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const NamedTensor* named : by_falling_element_size(tensors)) {
    const at::Tensor dense = named->tensor.detach().cpu().contiguous();
    file.write(dense.data_ptr(), dense.nbytes());
  }
  file.commit();
}

}  // namespace pupil::nn
