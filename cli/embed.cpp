// SPDX-License-Identifier: Apache-2.0
// pupil embed: what a teacher makes of recordings and texts.

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "commands.h"
#include "embed_options.h"
#include "nn/model_store.h"
#include "nn/threads.h"
#include "teacher/clap.h"
#include "teacher/tagger.h"

namespace pupil::cli {
namespace {

std::vector<float> read_audio(const std::string& file, std::int32_t sample_rate_hz) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = sample_rate_hz;
  audio::Damage damage;
  std::vector<float> samples = audio::decode_file(file, decode, nullptr, &damage);
  if (damage.bad_sample_count > 0) {
    throw Error(concat(file, ": ", damage.bad_sample_count, " samples are not finite numbers"));
  }
  return samples;
}

std::vector<float> row_values(const at::Tensor& rows, std::size_t row) {
  const at::Tensor values = rows[static_cast<std::int64_t>(row)].contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

Json rows_json(const at::Tensor& rows) {
  Json json = Json(Json::Array());
  for (std::int64_t i = 0; i < rows.size(0); ++i)
    json.push_back(row_values(rows, static_cast<std::size_t>(i)));
  return json;
}

// One entry per row: the word it belongs to, under `key`, and its embedding.
Json entries_json(std::string_view key, std::span<const std::string> words, const at::Tensor& embeddings) {
  Json json = Json(Json::Array());
  for (std::size_t i = 0; i < words.size(); ++i) {
    Json entry;
    entry.set(key, words[i]);
    entry.set("embedding", row_values(embeddings, i));
    json.push_back(entry);
  }
  return json;
}

// For people: the best `limit` of `names`.
void print_best(const std::string& title, std::span<const std::string> names, std::span<const float> values,
                std::size_t limit) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  std::printf("%s\n", title.c_str());
  for (std::size_t i = 0; i < std::min(limit, order.size()); ++i) {
    std::printf("  %.3f  %s\n", static_cast<double>(values[order[i]]), names[order[i]].c_str());
  }
}

at::Tensor embed_files(const teacher::Clap& clap, const EmbedOptions& options) {
  at::Tensor embeddings =
      at::empty({static_cast<std::int64_t>(options.audio.size()), clap.embedding_size()}, at::kFloat);
  for (std::size_t i = 0; i < options.audio.size(); ++i) {
    const std::string& file = options.audio[i];
    const std::vector<std::vector<float>> clip = {read_audio(file, clap.sample_rate_hz())};
    with_context(file, [&] { embeddings[static_cast<std::int64_t>(i)].copy_(clap.embed_audio(clip)[0]); });
  }
  return embeddings;
}

void embed_with_clap(const std::filesystem::path& model, const EmbedOptions& options) {
  const teacher::Clap clap = teacher::Clap::load(model, {.tokenizer_folder = options.tokenizer,
                                                         .quantise_int16 = options.quantise_int16,
                                                         .precision = nn::read_precision(options.precision)});
  for (const std::string& text : options.text) {
    if (const std::string unfamiliar = clap.unfamiliar_words(text); !unfamiliar.empty())
      log_warning(unfamiliar);
  }
  const at::Tensor text = options.text.empty() ? at::empty({0, clap.embedding_size()}, at::kFloat)
                                               : clap.embed_text(options.text);
  const at::Tensor audio = embed_files(clap, options);
  const at::Tensor logits = clap.audio_logits(audio, text);
  const at::Tensor probabilities = at::softmax(logits, -1);
  if (options.json) {
    Json result;
    result.set("audio", entries_json("file", options.audio, audio));
    result.set("text", entries_json("text", options.text, text));
    result.set("logits", rows_json(logits));
    result.set("probabilities", rows_json(probabilities));
    std::printf("%s\n", result.dump().c_str());
    return;
  }
  for (std::size_t i = 0; i < options.audio.size() && !options.text.empty(); ++i) {
    print_best(options.audio[i], options.text, row_values(probabilities, i), options.text.size());
  }
  std::printf("%zu recordings and %zu texts embedded in %lld dimensions; --json prints them\n",
              options.audio.size(), options.text.size(), static_cast<long long>(clap.embedding_size()));
}

Json named_values(std::span<const std::string> names, std::span<const float> values) {
  Json::Object object;
  for (std::size_t i = 0; i < names.size(); ++i) object.emplace_back(names[i], values[i]);
  return object;
}

void embed_with_tagger(const std::filesystem::path& model, const EmbedOptions& options) {
  const teacher::Tagger tagger = teacher::Tagger::load(model);
  if (!options.text.empty()) throw Error(model.string() + ": an AudioSet tagger takes no --text");
  Json entries = Json(Json::Array());
  for (const std::string& file : options.audio) {
    std::vector<float> samples = read_audio(file, tagger.sample_rate_hz());
    const teacher::TaggerOutput output = with_context(file, [&] {
      return tagger.forward(
          at::from_blob(samples.data(), {1, static_cast<std::int64_t>(samples.size())}, at::kFloat));
    });
    const std::vector<float> probabilities = row_values(at::sigmoid(output.logits), 0);
    if (!options.json) {
      print_best(file, tagger.class_names(), probabilities, 5);
      continue;
    }
    Json entry;
    entry.set("file", file);
    entry.set("embedding", row_values(output.embeddings, 0));
    entry.set("scores", named_values(tagger.class_names(), row_values(output.logits, 0)));
    entry.set("probabilities", named_values(tagger.class_names(), probabilities));
    entries.push_back(entry);
  }
  if (!options.json) return;
  Json result;
  result.set("audio", entries);
  std::printf("%s\n", result.dump().c_str());
}

}  // namespace

int run_embed(const Command& command, Arguments arguments) {
  const EmbedOptions options = parse_options<EmbedOptions>(command, arguments);
  if (options.audio.empty() && options.text.empty())
    throw UsageError("nothing to embed: --audio or --text is missing");
  const auto model = nn::resolve_model(options.model, std::filesystem::current_path(), nn::cache_dir());
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  if (teacher::Clap::is_clap(model))
    embed_with_clap(model, options);
  else
    embed_with_tagger(model, options);
  return 0;
}

}  // namespace pupil::cli
