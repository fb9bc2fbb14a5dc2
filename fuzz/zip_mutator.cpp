// SPDX-License-Identifier: Apache-2.0
// Changes one entry of an archive (of a checkpoint: its pickle, mostly) and packs the archive again, so that sizes, offsets
// and the directory fit.

#include <span>

#include "base/error.h"
#include "mutator.h"
#include "nn/test_archive.h"
#include "nn/zip_directory.h"

namespace {

using namespace pupil::nn;

// Empty: it is no archive that can be packed again.
std::string packed_with_one_changed(std::span<const std::byte> archive, unsigned seed) {
  const std::vector<ZipEntry> entries = read_zip_directory(archive);
  if (entries.empty()) return {};
  std::size_t chosen = (seed / 8) % entries.size();
  if (seed % 8 != 1) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].name.ends_with(".pkl")) chosen = i;
    }
  }
  TestArchive packed(TestArchive::Options{.zip64 = seed % 16 == 3});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto* begin = reinterpret_cast<const char*>(archive.data()) + entries[i].offset_bytes;
    const std::string content(begin, entries[i].bytes);
    packed.add(entries[i].name, i == chosen ? mutated(content, content.size() + 64) : content);
  }
  return packed.finish();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  try {
    const std::string packed = packed_with_one_changed(std::as_bytes(std::span(data, size)), seed);
    return put_or_mutate(packed, data, size, max_size);
  } catch (const pupil::Error&) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
}
