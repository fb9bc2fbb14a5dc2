// SPDX-License-Identifier: Apache-2.0
#include "nn/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/golden_folder.h"
#include "base/json.h"
#include "nn/pre_tokenizer.h"

namespace pupil::nn {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

const fs::path kTokenizer = golden_folder() / "tokenizer";

Ids ids_of(const Json& array) {
  Ids ids;
  for (const Json& id : array.as_array()) ids.push_back(id.as_int());
  return ids;
}

fs::path scratch_folder(const char* name) {
  const fs::path folder = fs::path(testing::TempDir()) / name;
  fs::create_directories(folder);
  return folder;
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

// The tokenizer.json that says the same as golden's vocab.json and merges.txt.
Json as_tokenizer_json() {
  Json merges;
  std::ifstream file(kTokenizer / "merges.txt");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) merges.push_back(line);
  Json model;
  model.set("type", "BPE");
  model.set("vocab", read_json(kTokenizer / "vocab.json"));
  model.set("merges", merges);
  Json added;
  for (const auto& [text, id] :
       {std::pair{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 50264}}) {
    added.push_back(Json::Object{{"id", id}, {"content", text}, {"lstrip", id == 50264}});
  }
  return Json::Object{{"model", model}, {"added_tokens", added}};
}

void expect_golden_cases(const BpeTokenizer& tokenizer) {
  const Json file = read_json(kTokenizer / "cases.json");
  const Json::Array& cases = file.at("cases").as_array();
  EXPECT_EQ(cases.size(), 69u);
  for (const Json& item : cases) {
    const std::string& text = item.at("text").as_string();
    EXPECT_EQ(tokenizer.encode(text, 1 << 20), ids_of(item.at("ids"))) << text;
    EXPECT_EQ(tokenizer.encode(text, 77), ids_of(item.at("ids_trunc77"))) << text;
    const Json& at512 = item.at("ids_trunc512");
    EXPECT_EQ(tokenizer.encode(text), ids_of(at512.is_null() ? item.at("ids") : at512)) << text;
  }
}

// As the reference tokenizer has it (golden/README.md).
TEST(BpeTokenizer, GivesTheReferenceIds) {
  PUPIL_NEEDS(kTokenizer);
  const BpeTokenizer tokenizer = BpeTokenizer::load(kTokenizer);
  EXPECT_EQ(tokenizer.vocabulary_size(), 50265);
  expect_golden_cases(tokenizer);
}

TEST(BpeTokenizer, TokenizerJsonSaysTheSame) {
  PUPIL_NEEDS(kTokenizer);
  const fs::path folder = scratch_folder("tokenizer_json");
  write(folder / "tokenizer.json", as_tokenizer_json().dump());
  expect_golden_cases(BpeTokenizer::load(folder));
}

TEST(BpeTokenizer, PadsABatchToTheLongest) {
  PUPIL_NEEDS(kTokenizer);
  const Json expected = read_json(kTokenizer / "batch_pad_longest.json");
  std::vector<std::string> texts;
  for (const Json& text : expected.at("texts").as_array()) texts.push_back(text.as_string());
  const TokenBatch batch = BpeTokenizer::load(kTokenizer).encode_batch(texts);
  Ids ids, mask;
  for (const Json& row : expected.at("input_ids").as_array())
    std::ranges::copy(ids_of(row), std::back_inserter(ids));
  for (const Json& row : expected.at("attention_mask").as_array())
    std::ranges::copy(ids_of(row), std::back_inserter(mask));
  EXPECT_EQ(batch.row_count, 3);
  EXPECT_EQ(batch.length, 16);
  EXPECT_EQ(batch.ids, ids);
  EXPECT_EQ(batch.mask, mask);
}

BpeTables letters() {
  return {.vocabulary = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"a", 4}, {"b", 5}, {"aab", 6}},
          .merges = {{"a", "b"}, {"a", "ab"}},
          .specials = {{"<s>"}}};
}

TEST(BpeTokenizer, MergesInOrderOfRank) {
  const BpeTokenizer tokenizer(letters());
  EXPECT_EQ(tokenizer.encode("aab"), (Ids{0, 6, 2}));
  EXPECT_EQ(tokenizer.encode("ab"), (Ids{0, 3, 2})) << "\"ab\" is a step of merging, not a token";
  EXPECT_EQ(tokenizer.encode("aa"), (Ids{0, 4, 4, 2}));
}

TEST(BpeTokenizer, NamesWhatIsMissing) {
  BpeTables tables = letters();
  tables.vocabulary.erase("<pad>");
  try {
    BpeTokenizer tokenizer(tables);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the vocabulary has no token <pad>");
  }
}

TEST(BpeTokenizer, MalformedFilesAreNamed) {
  const fs::path folder = scratch_folder("malformed_tokenizer");
  write(folder / "vocab.json", R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3})");
  write(folder / "merges.txt", "#version: 0.2\na b\na b c\n");
  try {
    BpeTokenizer::load(folder);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("merges.txt:3: \"a b c\" is not a pair"), std::string::npos);
  }
  write(folder / "vocab.json", "{");
  EXPECT_THROW(BpeTokenizer::load(folder), Error);
  EXPECT_THROW(BpeTokenizer::load(folder / "nowhere"), Error);
}

TEST(BpeTokenizer, RefusesBytesThatAreNotUtf8) {
  const BpeTokenizer tokenizer(letters());
  for (const char* text : {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_THROW(tokenizer.encode(text), Error) << text;
  }
}

TEST(PreTokenizer, CutsWhereTheRuleSays) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(split_words("it's  DON'T 3x"), (Words{"it", "'s", " ", " DON", "'", "T", " 3", "x"}));
  EXPECT_EQ(split_words("a \n b "), (Words{"a", " \n", " b", " "}));
  EXPECT_EQ(split_words("x\u00a0y ½!"), (Words{"x", "\u00a0", "y", " ½", "!"}));
  EXPECT_TRUE(split_words("").empty());
}

}  // namespace
}  // namespace pupil::nn
