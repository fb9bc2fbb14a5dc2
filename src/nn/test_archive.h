// SPDX-License-Identifier: Apache-2.0
// Builds a small ZIP archive of stored entries in memory, the way PyTorch does, for tests of the readers.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::nn {

class TestArchive {
 public:
  struct Options {
    std::uint16_t compression = 0;  ///< What the directory claims; the bytes are stored anyway.
    bool zip64 = false;             ///< Sizes and offsets in the zip64 parts.
  };

  TestArchive() = default;
  explicit TestArchive(Options options) : options_(options) {}

  TestArchive& add(std::string_view name, std::string_view data) {
    const std::uint64_t offset = out_.size();
    append<std::uint32_t>(out_, 0x04034b50);
    out_.append(22, '\0');
    append<std::uint16_t>(out_, name.size());
    append<std::uint16_t>(out_, 0);
    out_.append(name).append(data);

    append<std::uint32_t>(directory_, 0x02014b50);
    append<std::uint32_t>(directory_, 0);
    append<std::uint16_t>(directory_, 0);
    append<std::uint16_t>(directory_, options_.compression);
    append<std::uint64_t>(directory_, 0);
    append<std::uint32_t>(directory_, options_.zip64 ? 0xffffffff : data.size());
    append<std::uint32_t>(directory_, options_.zip64 ? 0xffffffff : data.size());
    append<std::uint16_t>(directory_, name.size());
    append<std::uint16_t>(directory_, options_.zip64 ? 28 : 0);
    append<std::uint64_t>(directory_, 0);
    append<std::uint16_t>(directory_, 0);
    append<std::uint32_t>(directory_, options_.zip64 ? 0xffffffff : offset);
    directory_.append(name);
    if (options_.zip64) {
      append<std::uint16_t>(directory_, 1);
      append<std::uint16_t>(directory_, 24);
      append<std::uint64_t>(directory_, data.size());
      append<std::uint64_t>(directory_, data.size());
      append<std::uint64_t>(directory_, offset);
    }
    ++count_;
    return *this;
  }

  std::string finish() {
    const std::uint64_t offset = out_.size();
    out_ += directory_;
    if (options_.zip64) {
      const std::uint64_t end64 = out_.size();
      append<std::uint32_t>(out_, 0x06064b50);
      append<std::uint64_t>(out_, 44);
      append<std::uint32_t>(out_, 0);
      append<std::uint64_t>(out_, 0);
      append<std::uint64_t>(out_, count_);
      append<std::uint64_t>(out_, count_);
      append<std::uint64_t>(out_, directory_.size());
      append<std::uint64_t>(out_, offset);
      append<std::uint32_t>(out_, 0x07064b50);
      append<std::uint32_t>(out_, 0);
      append<std::uint64_t>(out_, end64);
      append<std::uint32_t>(out_, 1);
    }
    append<std::uint32_t>(out_, 0x06054b50);
    append<std::uint32_t>(out_, 0);
    append<std::uint16_t>(out_, options_.zip64 ? 0xffff : count_);
    append<std::uint16_t>(out_, options_.zip64 ? 0xffff : count_);
    append<std::uint32_t>(out_, options_.zip64 ? 0xffffffff : directory_.size());
    append<std::uint32_t>(out_, options_.zip64 ? 0xffffffff : offset);
    append<std::uint16_t>(out_, 0);
    return out_;
  }

 private:
  template <typename Integer>
  static void append(std::string& out, std::uint64_t value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  }

  Options options_;
  std::string out_;
  std::string directory_;
  std::uint64_t count_ = 0;
};

inline std::vector<std::byte> as_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

}  // namespace pupil::nn
