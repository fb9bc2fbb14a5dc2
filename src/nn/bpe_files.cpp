// Reads the files of a BpeTokenizer: vocab.json + merges.txt, or tokenizer.json.

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "nn/bpe_tokenizer.h"

namespace pupil::nn {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::ifstream open_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string() + ": cannot be opened");
  return file;
}

Json read_json(const fs::path& path) {
  std::ifstream file = open_file(path);
  Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error(path.string() + ": not a JSON object");
  return json;
}

std::unordered_map<std::string, std::int64_t> read_vocabulary(const Json& json) {
  if (!json.is_object() || json.empty()) throw Error("the vocabulary is not an object of token: id");
  std::unordered_map<std::string, std::int64_t> vocabulary;
  vocabulary.reserve(json.size());
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_integer()) throw Error("token " + token + " has no integer id");
    vocabulary.emplace(token, id.get<std::int64_t>());
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
  if (merge.is_string()) return split_merge(merge.get<std::string>());
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  throw Error(merge.dump() + " is not a pair of tokens");
}

BpeTables read_vocab_and_merges(const fs::path& vocab_json, const fs::path& merges_txt) {
  BpeTables tables;
  with_context(vocab_json.string(), [&] { tables.vocabulary = read_vocabulary(read_json(vocab_json)); });
  std::ifstream file = open_file(merges_txt);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
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
  if (model.value("type", "BPE") != "BPE") throw Error("the model is not byte-pair encoding");
  tables.vocabulary = read_vocabulary(model.at("vocab"));
  for (const Json& merge : model.at("merges")) tables.merges.push_back(read_merge(merge));
  for (const Json& token : json.value("added_tokens", Json::array())) {
    const std::string text = token.at("content").get<std::string>();
    tables.vocabulary.emplace(text, token.at("id").get<std::int64_t>());
    tables.specials.push_back({text, token.value("lstrip", false)});
  }
  return tables;
}

BpeTokenizer load_tokenizer_json(const fs::path& path) {
  const Json json = read_json(path);
  return with_context(path.string(), [&] {
    try {
      return BpeTokenizer(read_tokenizer_json(json));
    } catch (const Json::exception& error) {
      throw Error(error.what());
    }
  });
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
  if (fs::exists(folder / "tokenizer.json")) return load_tokenizer_json(folder / "tokenizer.json");
  throw Error(folder.string() + ": no tokenizer (wanted vocab.json and merges.txt, or tokenizer.json)");
}

}  // namespace pupil::nn
