// SPDX-License-Identifier: Apache-2.0
// Writes a model of random weights and its golden vectors, for measuring and for the fuzzer's corpus:
//   random_model NAME SEED FILE      NAME: speck, micro, tiny, small, base, dscnn

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "model/golden.h"
#include "model/random_model.h"

namespace {

bool write_file(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) std::fprintf(stderr, "random_model: %s: cannot write\n", path.c_str());
  return static_cast<bool>(out);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace pupil::edge;
  const ModelSketch sketch = argc == 4 ? named_sketch(argv[1]) : ModelSketch{};
  if (sketch.layers.empty()) {
    std::fputs("usage: random_model speck|micro|tiny|small|base|dscnn SEED FILE\n", stderr);
    return 2;
  }
  const std::vector<std::byte> file = write_model(random_model(sketch, std::strtoull(argv[2], nullptr, 10)));
  Model model;
  if (model.load(file) != Status::ok) return 1;
  const std::filesystem::path path = argv[3];
  const std::filesystem::path golden = std::filesystem::path(path).replace_extension(".golden");
  return write_file(path, file) && write_file(golden, write_golden(model, make_golden_cases(model, 6))) ? 0
                                                                                                        : 1;
}
