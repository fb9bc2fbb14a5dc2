// SPDX-License-Identifier: Apache-2.0
#include "nn/pickle.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "nn/test_archive.h"

namespace pupil::nn {
namespace {

using namespace std::string_literals;
using Kind = PickleNode::Kind;

/// The text lives as long as the test: nodes point into it.
struct Read {
  explicit Read(const std::string& text) : bytes(as_bytes(text)), graph(read_pickle(bytes)) {}
  const PickleNode& root() const { return graph.nodes[graph.root]; }
  const PickleNode& item(std::size_t position) const { return graph.nodes[root().items.at(position)]; }

  std::vector<std::byte> bytes;
  PickleGraph graph;
};

std::string pickle_failure(const std::string& text) {
  try {
    read_pickle(as_bytes(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Pickle, ReadsScalars) {
  const Read read(
      "\x80\x02(K\x07M\x01\x02J\xfe\xff\xff\xff\x8a\x02\x00\x80G?\xf0\x00\x00\x00\x00\x00\x00N\x88X\x02\x00\x00\x00hit."s);
  ASSERT_EQ(read.root().kind, Kind::kSequence);
  ASSERT_EQ(read.root().items.size(), 8u);
  EXPECT_EQ(read.item(0).integer, 7);
  EXPECT_EQ(read.item(1).integer, 0x201);
  EXPECT_EQ(read.item(2).integer, -2);
  EXPECT_EQ(read.item(3).integer, -32768);
  EXPECT_EQ(read.item(4).real, 1.0);
  EXPECT_EQ(read.item(5).kind, Kind::kNone);
  EXPECT_EQ(read.item(6).integer, 1);
  EXPECT_EQ(read.item(7).text, "hi");
}

TEST(Pickle, ReadsContainersThroughTheMemo) {
  // d = {}; d['k'] = [d's memo, 1]; protocol 4.
  const Read read(
      "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01k](h\x00K\x01"
      "es."s);
  ASSERT_EQ(read.root().kind, Kind::kDictionary);
  ASSERT_EQ(read.root().items.size(), 2u);
  EXPECT_EQ(read.item(1).items.at(0), read.graph.root);
}

TEST(Pickle, OrderedDictionariesAreDictionaries) {
  EXPECT_EQ(Read("ccollections\nOrderedDict\n)R(K\x01K\x02u."s).root().items.size(), 2u);
  EXPECT_EQ(Read("ccollections\nOrderedDict\n]]K\x01"
                 "aK\x02"
                 "aa\x85R."s)
                .root()
                .items.size(),
            2u);
}

TEST(Pickle, UnknownGlobalsAreNamed) {
  EXPECT_NE(
      pickle_failure("cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."s).find("unknown global 'posix.system'"),
      std::string::npos);
  EXPECT_NE(pickle_failure("\x80\x04\x8c\x02os\x8c\x06system\x93."s).find("'os.system'"), std::string::npos);
  for (const char* name :
       {"builtins\neval", "builtins\ngetattr", "__builtin__\nexec", "torch.hub\nload", "torch.jit\n_load",
        "numpy.testing._private.utils\nrunstring", "pathlib\nos.system", "subprocess\nPopen",
        "torch._utils\n_rebuild_sparse_tensor", "__main__\nNet", "torch.nn.modules.linear\nLinear"}) {
    EXPECT_NE(pickle_failure("c"s + name + "\n."), "") << name;
  }
}

TEST(Pickle, TrainingStateIsKeptClosed) {
  const Read read("cnumpy.core.multiarray\nscalar\n)R}b(K\x01K\x02u."s);
  EXPECT_EQ(read.root().kind, Kind::kOpaque);
}

TEST(Pickle, UnknownOpcodesAreNamedWithTheirPlace) {
  EXPECT_EQ(pickle_failure("\x80\x02S'x'\n."s), "pickle, byte 2: unknown opcode 83");
  EXPECT_EQ(pickle_failure("\x80\x06."s), "pickle, byte 0: pickle protocol 6");
}

TEST(Pickle, StacksThatRunEmptyAreErrors) {
  for (const char* text :
       {".", "0.", "a.",
        "K\x01"
        "a.",
        "t.",
        "(K\x01K\x02"
        "\x85",
        "\x86.", "s.", "R.", "b.", "Q.", "q\x01.", "h\x01.", "K\x01(.", "K\x01(\x85.", "}(K\x01u.",
        "K\x01(K\x01"
        "e.",
        "]K\x01R."}) {
    EXPECT_NE(pickle_failure(text), "") << text;
  }
}

TEST(Pickle, CountsAreCheckedBeforeAnythingIsAllocated) {
  EXPECT_NE(pickle_failure("X\xff\xff\xff\xffhi."s), "");
  EXPECT_NE(pickle_failure("\x8d\xff\xff\xff\xff\xff\xff\xff\xffhi."s), "");
  EXPECT_NE(pickle_failure("\x8b\xff\xff\xff\x7f."s), "");
  EXPECT_NE(pickle_failure("Nr\xff\xff\xff\xff."s).find("memo index 4294967295"), std::string::npos);
}

TEST(Pickle, EveryTruncationIsAnError) {
  const std::string whole =
      "\x80\x02}q\x00(X\x01\x00\x00\x00"
      "actorch._utils\n_rebuild_tensor_v2\n(K\x01"
      "tRq\x01u."s;
  ASSERT_EQ(pickle_failure(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(pickle_failure(whole.substr(0, size)), "") << size;
}

TEST(Pickle, CallsOfThemselvesEnd) {
  // f = _rebuild_from_type_v2; f(f, f, ...).
  EXPECT_NE(pickle_failure("ctorch._tensor\n_rebuild_from_type_v2\nq\x01(h\x01h\x01(h\x01h\x01NttR."s), "");
}

TEST(Pickle, PairsCopiedAgainAndAgainAreCounted) {
  // One memoised list of 100 pairs, made a dictionary 1000 times.
  std::string text = "](";
  for (int i = 0; i < 100; ++i) text += "K\x01K\x02\x86"s;
  text += "e\x85q\x01"s;
  for (int i = 0; i < 1000; ++i) text += "ccollections\nOrderedDict\nh\x01R0"s;
  EXPECT_NE(pickle_failure(text + ".").find("too often"), std::string::npos);
}

}  // namespace
}  // namespace pupil::nn
