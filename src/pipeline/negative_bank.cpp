// SPDX-License-Identifier: Apache-2.0
// 1. Windows are counted from seconds, not from samples: at every rate a clip has as many.
// 2. Embeddings are kept beside the fetched models, for they depend on bank and teacher alone; scores are the project's.
// 3. A stored file names all that decides it, and one that names other things is as good as none.

#include "pipeline/negative_bank.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <ATen/core/Tensor.h>

#include "audio/decoder.h"
#include "base/array_file.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "nn/model_store.h"
#include "nn/tensor_file.h"

namespace pupil::pipeline {
namespace {

constexpr std::string_view kIndex = "index.csv";

std::string cell(const corpus::CsvTable& table, std::size_t row, std::string_view column) {
  const std::optional<std::size_t> found = table.find_column(column);
  return found ? table.rows[row][*found] : std::string();
}

// By the group's hash: half train, a quarter each val and test.
corpus::Split part_of_group(const std::string& group) {
  const char digit = sha256_hex(group).front();
  if (digit < '8') return corpus::Split::train;
  return (digit >= '8' && digit <= '9') || digit == 'a' || digit == 'b' ? corpus::Split::val
                                                                        : corpus::Split::test;
}

BankClip read_clip(const corpus::CsvTable& table, std::size_t row, const std::filesystem::path& folder) {
  BankClip clip;
  const std::string path = table.rows[row][table.column("path")];
  clip.file = folder / path;
  clip.sha256 = cell(table, row, "sha256");
  clip.group = cell(table, row, "group");
  if (clip.group.empty()) clip.group = path;
  clip.hint = cell(table, row, "hint");
  clip.licence = cell(table, row, "licence");
  clip.author = cell(table, row, "author");
  clip.source = cell(table, row, "source");
  const std::string part = cell(table, row, "part");
  const std::optional<corpus::Split> split =
      part.empty() ? part_of_group(clip.group) : corpus::parse_split(part);
  if (!split)
    throw Error(concat(table.name, ":", table.lines[row], ": part '", part, "': train, val or test"));
  clip.part = *split;
  return clip;
}

std::filesystem::path bank_folder(const Project& project) {
  const std::filesystem::path wanted(project.label.negative_bank);
  for (const std::filesystem::path& folder :
       {project.dir / wanted, nn::built_in_models_dir() / wanted, wanted}) {
    if (std::filesystem::exists(folder / kIndex)) return folder;
  }
  throw Error(concat("[label] negative_bank = \"", project.label.negative_bank,
                     "\": no folder of this name has an index.csv (negative_bank = \"\" goes on without)"));
}

std::span<const float> window_of(const std::vector<float>& audio, std::int64_t index, double window_s,
                                 std::int32_t rate_hz) {
  const auto length = static_cast<std::size_t>(std::lround(window_s * rate_hz));
  const auto begin = std::min(static_cast<std::size_t>(index) * length, audio.size());
  return std::span(audio).subspan(begin, std::min(length, audio.size() - begin));
}

std::vector<std::vector<float>> windows_of(const std::vector<float>& audio, double window_s,
                                           std::int32_t rate_hz) {
  const double clip_s = static_cast<double>(audio.size()) / rate_hz;
  std::vector<std::vector<float>> windows;
  for (std::int64_t i = 0; i < bank_window_count(clip_s, window_s); ++i) {
    const std::span<const float> window = window_of(audio, i, window_s, rate_hz);
    windows.emplace_back(window.begin(), window.end());
  }
  return windows;
}

std::string embedding_name(const Project& project, const NegativeBank& bank,
                           const corpus::ModelRecord& model) {
  Json key;
  key.set("bank", bank.hash());
  key.set("weights", model.hash);
  key.set("precision", project.teacher.precision);
  key.set("input", project.teacher.input);
  key.set("window_s", project.window.length_s);
  return key.dump();
}

std::filesystem::path embedding_path(const std::string& name) {
  return nn::cache_dir() / "negative-bank" / concat(sha256_hex(name).substr(0, 24), ".safetensors");
}

// Rows without an embedding are zeros in the file.
void write_embeddings(const std::string& name, const BankEmbeddings& bank) {
  std::size_t size = 0;
  for (const std::vector<float>& row : bank.of_windows) size = std::max(size, row.size());
  std::vector<float> values;
  for (const std::vector<float>& row : bank.of_windows) {
    values.insert(values.end(), row.begin(), row.end());
    values.resize(values.size() + size - row.size());
  }
  const std::filesystem::path path = embedding_path(name);
  make_folders(path.parent_path());
  const std::vector<NamedArray> arrays = {{"counts",
                                           ArrayType::i64,
                                           {std::ssize(bank.window_counts)},
                                           std::as_bytes(std::span(bank.window_counts))},
                                          {"embeddings",
                                           ArrayType::f32,
                                           {std::ssize(bank.of_windows), static_cast<std::int64_t>(size)},
                                           std::as_bytes(std::span(values))}};
  write_array_file(path, arrays, {{"made_of", name}});
}

std::string text_of(const nn::TensorFile& file, const std::string& key) {
  const auto found = file.values().find(key);
  const auto* text = found == file.values().end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? "" : *text;
}

template <typename Value>
std::vector<Value> values_of(const nn::TensorFile& file, std::string_view name) {
  const at::Tensor tensor = file.tensor(name).contiguous();
  return {tensor.data_ptr<Value>(), tensor.data_ptr<Value>() + tensor.numel()};
}

std::optional<BankEmbeddings> read_embeddings(const std::string& name) {
  const std::filesystem::path path = embedding_path(name);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const nn::TensorFile file = nn::TensorFile::open(path);
  if (text_of(file, "made_of") != name) return std::nullopt;
  BankEmbeddings bank;
  bank.window_counts = values_of<std::int64_t>(file, "counts");
  const std::vector<float> values = values_of<float>(file, "embeddings");
  const std::int64_t count = file.tensor("embeddings").size(0);
  const std::size_t size = count == 0 ? 0 : values.size() / static_cast<std::size_t>(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = values.begin() + i * static_cast<std::ptrdiff_t>(size);
    const bool empty =
        std::all_of(row, row + static_cast<std::ptrdiff_t>(size), [](float x) { return x == 0; });
    bank.of_windows.emplace_back();
    if (!empty) bank.of_windows.back().assign(row, row + static_cast<std::ptrdiff_t>(size));
  }
  return bank;
}

BankEmbeddings embed_all(const Project& project, const NegativeBank& bank, const teacher::Teacher& teacher) {
  BankEmbeddings result;
  Progress progress(concat(teacher.kind(), " embeds the bank of negatives"), std::ssize(bank.clips()),
                    "clips");
  const std::int32_t rate = teacher.sample_rate_hz();
  for (const BankClip& clip : bank.clips()) {
    std::vector<float> audio = bank_audio(clip, rate);
    std::vector<std::vector<float>> windows = windows_of(audio, project.window.length_s, rate);
    const std::int64_t count = std::ssize(windows);
    result.window_counts.push_back(count);
    const bool whole = project.teacher.input != "window";
    if (whole) windows.assign(1, std::move(audio));
    const std::vector<teacher::AudioEmbedding> embedded = teacher.embed(windows);
    for (std::int64_t i = 0; i < count; ++i)
      result.of_windows.push_back(embedded[whole ? 0 : static_cast<std::size_t>(i)].embedding);
    progress.advance();
  }
  return result;
}

std::filesystem::path scores_path(const Project& project) {
  return project.dir / "label" / "bank.safetensors";
}

std::string scores_name(const NegativeBank& bank, const ConfigChain& chain) {
  Json key;
  key.set("bank", bank.hash());
  Json teachers = Json(Json::Array());
  for (const TeacherLinks& links : chain.teachers) teachers.push_back(links.score.hash);
  key.set("scores", teachers);
  return key.dump();
}

}  // namespace

NegativeBank NegativeBank::open(const std::filesystem::path& folder) {
  const corpus::CsvTable table = corpus::read_csv(folder / kIndex);
  NegativeBank bank;
  bank.hash_ = sha256_file(folder / kIndex);
  std::map<std::string, corpus::Split> part_of;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    BankClip clip = read_clip(table, row, folder);
    if (part_of.try_emplace(clip.group, clip.part).first->second != clip.part)
      throw Error(concat(table.name, ":", table.lines[row], ": group '", clip.group, "' is in two parts"));
    bank.clips_.push_back(std::move(clip));
  }
  if (bank.clips_.empty()) throw Error(concat(table.name, ": no clip"));
  return bank;
}

std::optional<NegativeBank> project_bank(const Project& project) {
  if (!project.label.broad_negatives || project.label.negative_bank.empty()) return std::nullopt;
  return NegativeBank::open(bank_folder(project));
}

std::vector<float> bank_audio(const BankClip& clip, std::int32_t rate_hz) {
  if (!clip.sha256.empty() && sha256_file(clip.file) != clip.sha256)
    throw Error(
        concat(clip.file.string(), ": not the file that the bank's index.csv means (another SHA-256)"));
  return audio::decode_file(clip.file, {.sample_rate_hz = rate_hz});
}

std::int64_t bank_window_count(double clip_s, double window_s) {
  constexpr double kSlack = 0.02;  // rates round lengths differently
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(clip_s / window_s + kSlack));
}

BankEmbeddings embed_bank(const Project& project, const NegativeBank& bank, const teacher::Teacher& teacher,
                          const corpus::ModelRecord& model) {
  const std::string name = embedding_name(project, bank, model);
  if (std::optional<BankEmbeddings> known = read_embeddings(name)) return std::move(*known);
  BankEmbeddings embeddings = embed_all(project, bank, teacher);
  try {
    write_embeddings(name, embeddings);
  } catch (const Error& error) {
    log_warning(concat("the bank's embeddings are not kept: ", error.what()));
  }
  return embeddings;
}

void write_bank_scores(const Project& project, const ConfigChain& chain, const BankScores& scores) {
  const std::optional<NegativeBank> bank = project_bank(project);
  if (!bank) return;
  std::vector<NamedArray> arrays = {{"counts",
                                     ArrayType::i64,
                                     {std::ssize(scores.window_counts)},
                                     std::as_bytes(std::span(scores.window_counts))}};
  for (std::size_t i = 0; i < scores.scores.size(); ++i)
    arrays.push_back({concat("scores.", i),
                      ArrayType::f32,
                      {std::ssize(scores.scores[i])},
                      std::as_bytes(std::span(scores.scores[i]))});
  make_folders(scores_path(project).parent_path());
  write_array_file(scores_path(project), arrays, {{"made_of", scores_name(*bank, chain)}});
}

bool bank_is_scored(const Project& project, const ConfigChain& chain) {
  const std::optional<NegativeBank> bank = project_bank(project);
  if (!bank) return true;
  return std::filesystem::exists(scores_path(project)) &&
         text_of(nn::TensorFile::open(scores_path(project)), "made_of") == scores_name(*bank, chain);
}

std::optional<BankScores> read_bank_scores(const Project& project, const ConfigChain& chain) {
  if (!project_bank(project)) return std::nullopt;
  if (!bank_is_scored(project, chain))
    throw Error(concat(scores_path(project).string(),
                       " is not of the present bank, teacher and prompts: pupil label ",
                       project.dir.string()));
  const nn::TensorFile file = nn::TensorFile::open(scores_path(project));
  BankScores scores;
  scores.window_counts = values_of<std::int64_t>(file, "counts");
  for (std::size_t i = 0; i < chain.teachers.size(); ++i)
    scores.scores.push_back(values_of<float>(file, concat("scores.", i)));
  return scores;
}

}  // namespace pupil::pipeline
