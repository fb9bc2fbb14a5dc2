// SPDX-License-Identifier: Apache-2.0
#include "deploy/export.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"
#include "cproject/c_array.h"
#include "model/golden.h"
#include "model/random_model.h"

namespace pupil::deploy {
namespace {

QuantisedNetwork micro() {
  return QuantisedNetwork(edge::random_model(edge::named_sketch("micro"), 1));
}

bool compiles(const std::string& command, const std::filesystem::path& source) {
  return std::system(
             (command + " -Wall -Werror -o " + source.string() + ".out " + source.string()).c_str()) == 0 &&
         std::system((source.string() + ".out").c_str()) == 0;
}

TEST(Export, WritesFourFilesThatBelongTogether) {
  const TestFolder folder;
  const QuantisedNetwork network = micro();
  const ExportedFiles files = write_exports(network, "dogs", folder / "model");
  EXPECT_EQ(files.c_array, folder / "model" / "dogs.h");
  const QuantisedNetwork back = QuantisedNetwork::read(files.model);
  EXPECT_EQ(back.model().checksum(), network.model().checksum());
  EXPECT_TRUE(edge::read_golden(back.model(), file_bytes(files.golden)).has_value());
  EXPECT_GT(file_bytes(files.onnx).size(), network.file().size());
}

TEST(Export, SameNetworkSameBytes) {
  const TestFolder folder;
  const ExportedFiles a = write_exports(micro(), "m", folder / "a");
  const ExportedFiles b = write_exports(micro(), "m", folder / "b");
  EXPECT_EQ(file_bytes(a.model), file_bytes(b.model));
  EXPECT_EQ(file_bytes(a.onnx), file_bytes(b.onnx));
  EXPECT_EQ(file_bytes(a.c_array), file_bytes(b.c_array));
  EXPECT_EQ(file_bytes(a.golden), file_bytes(b.golden));
}

TEST(QuantisedNetwork, RefusesWhatIsNoModel) {
  const TestFolder folder;
  std::ofstream(folder / "bad.pupil")
      << "this is no model, though it is long enough to be taken for one at first";
  EXPECT_THROW(QuantisedNetwork::read(folder / "bad.pupil"), Error);
  EXPECT_THROW(QuantisedNetwork::read(folder / "absent.pupil"), Error);
  edge::ModelImage image = edge::random_model(edge::named_sketch("micro"), 1);
  image.layers[0].bias.clear();
  EXPECT_THROW(QuantisedNetwork{image}, Error);
}

TEST(CArray, CompilesAsCAndAsCpp) {
  if (std::system("cc --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no C compiler";
  const TestFolder folder;
  const QuantisedNetwork network = micro();
  std::ofstream(folder / "model.h") << cproject::c_array_header("3 dogs", network.file());
  const std::string program =
      "#include <stdint.h>\n#include \"model.h\"\n#include \"model.h\"\n"
      "int main(void) { return sizeof m_3_dogs_pupil == m_3_dogs_pupil_bytes && m_3_dogs_pupil[1] == 'P' &&\n"
      "                        (uintptr_t)m_3_dogs_pupil % 16 == 0 ? 0 : 1; }\n";
  std::ofstream(folder / "a.c") << program;
  std::ofstream(folder / "b.cpp") << program;
  EXPECT_TRUE(compiles("cc -std=c11", folder / "a.c"));
  EXPECT_TRUE(compiles("c++ -std=c++17", folder / "b.cpp"));
}

}  // namespace
}  // namespace pupil::deploy
