// SPDX-License-Identifier: Apache-2.0
// Any bytes as a golden file of a model: none, or cases of the model's sizes that written give the same bytes. The checksums are
// set to fit where the first byte is not 0, as in model.cpp.

#include "model/golden.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "model/checksum.h"
#include "model/random_model.h"

namespace {

using namespace pupil::edge;

constexpr std::size_t kChecksumAt = 12, kModelChecksumAt = 16;  // docs/format.md

const Model& speck() {
  static const std::vector<std::byte> file = write_model(random_model(named_sketch("speck"), 1));
  static const Model model = [] {
    Model loaded;
    if (loaded.load(file) != Status::ok) std::abort();
    return loaded;
  }();
  return model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> file(begin + 1, begin + size);
  if (data[0] != 0 && file.size() >= kModelChecksumAt + 4) {
    const std::uint32_t of_model = speck().checksum();
    std::memcpy(file.data() + kModelChecksumAt, &of_model, sizeof of_model);
    const std::uint32_t sum = checksum(std::span<const std::byte>(file).subspan(kModelChecksumAt));
    std::memcpy(file.data() + kChecksumAt, &sum, sizeof sum);
  }
  const auto cases = read_golden(speck(), file);
  if (cases && write_golden(speck(), *cases) != file) std::abort();
  return 0;
}
