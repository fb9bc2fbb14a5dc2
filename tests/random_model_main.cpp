// Writes a model of random weights, for measuring and for the fuzzer's corpus:
//   random_model NAME SEED FILE      NAME: micro, tiny, small, base, dscnn

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "model/random_model.h"

int main(int argc, char** argv) {
  using namespace pupil::edge;
  const ModelSketch sketch = argc == 4 ? named_sketch(argv[1]) : ModelSketch{};
  if (sketch.layers.empty()) {
    std::fputs("usage: random_model micro|tiny|small|base|dscnn SEED FILE\n", stderr);
    return 2;
  }
  const std::vector<std::byte> file = write_model(random_model(sketch, std::strtoull(argv[2], nullptr, 10)));
  std::ofstream out(argv[3], std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  if (!out) {
    std::fprintf(stderr, "random_model: %s: cannot write\n", argv[3]);
    return 1;
  }
  return 0;
}
