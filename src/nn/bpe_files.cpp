// SPDX-License-Identifier: Apache-2.0
// Reads the files of a BpeTokenizer: vocab.json + merges.txt, or tokenizer.json.

#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "base/read_file.h"
#include "base/stand_in.h"
#include "nn/bpe_tokenizer.h"

namespace pupil::nn {
namespace {

namespace fs = std::filesystem;

std::unordered_map<std::string, std::int64_t> read_vocabulary(const Json& json) {
  std::unordered_map<std::string, std::int64_t> vocabulary;
  vocabulary.reserve(json.as_object().size());
  for (const auto& [token, id] : json.as_object()) {
    with_context("token " + token, [&, &token = token, &id = id] { vocabulary.emplace(token, id.as_int()); });
  }
  return vocabulary;
}

std::pair<std::string, std::string> split_merge(const std::string& line) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos || space == 0 || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string::npos) {
    throw Error("\"" + line + "\" is not a pair of tokens");
  }
  return {line.substr(0, space), line.substr(space + 1)};
}

// tokenizer.json writes a merge as "a b" or, newer, as ["a", "b"].
std::pair<std::string, std::string> read_merge(const Json& merge) {
  if (merge.is_string()) return split_merge(merge.as_string());
  const Json::Array& pair = merge.as_array();
  if (pair.size() != 2) throw Error(merge.dump() + " is not a pair of tokens");
  return {pair[0].as_string(), pair[1].as_string()};
}

BpeTables read_vocab_and_merges(const fs::path& vocab_json, const fs::path& merges_txt) {
  BpeTables tables;
  const Json vocabulary = read_json(vocab_json);
  with_context(vocab_json.string(), [&] { tables.vocabulary = read_vocabulary(vocabulary); });
  // Whole first: of a stream that fails midway the merges would end there, and words fall into other tokens.
  std::istringstream file(read_text(merges_txt));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (number == 1)
      with_context(merges_txt.string(), [&] { refuse_stand_in(line, "merges of a tokenizer"); });
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    with_context(merges_txt.string() + ":" + std::to_string(number),
                 [&] { tables.merges.push_back(split_merge(line)); });
  }
  tables.specials = {{"<s>"}, {"</s>"}, {"<pad>"}, {"<unk>"}, {"<mask>", true}};
  return tables;
}

BpeTables read_tokenizer_json(const Json& json) {
  BpeTables tables;
  const Json& model = json.at("model");
  const Json* type = model.find("type");
  if (type != nullptr && type->is_string() && type->as_string() != "BPE") {
    throw Error("the model is " + type->as_string() + ", wanted BPE");
  }
  tables.vocabulary = read_vocabulary(model.at("vocab"));
  for (const Json& merge : model.at("merges").as_array()) tables.merges.push_back(read_merge(merge));
  const Json* added = json.find("added_tokens");
  if (added == nullptr) return tables;
  for (const Json& token : added->as_array()) {
    const std::string& text = token.at("content").as_string();
    const Json* lstrip = token.find("lstrip");
    tables.vocabulary.emplace(text, token.at("id").as_int());
    tables.specials.push_back({text, lstrip != nullptr && lstrip->as_bool()});
  }
  return tables;
}

}  // namespace

bool BpeTokenizer::present_in(const fs::path& folder) {
  return fs::exists(folder / "tokenizer.json") ||
         (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt"));
}

BpeTokenizer BpeTokenizer::load(const fs::path& folder) {
  const fs::path vocab = folder / "vocab.json";
  const fs::path merges = folder / "merges.txt";
  if (fs::exists(vocab) && fs::exists(merges)) {
    const BpeTables tables = read_vocab_and_merges(vocab, merges);
    return with_context(vocab.string(), [&] { return BpeTokenizer(tables); });
  }
  if (const fs::path file = folder / "tokenizer.json"; fs::exists(file)) {
    const Json json = read_json(file);
    return with_context(file.string(), [&] { return BpeTokenizer(read_tokenizer_json(json)); });
  }
  throw Error(folder.string() + ": no tokenizer (wanted vocab.json and merges.txt, or tokenizer.json)");
}

}  // namespace pupil::nn
