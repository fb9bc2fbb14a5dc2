// SPDX-License-Identifier: Apache-2.0
#include "nn/clap_text.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "nn/model_store.h"

namespace pupil::nn {
namespace {

void check_text(const std::string& text) {
  const auto chars = decode_utf8(text);
  const bool blank =
      std::all_of(chars.begin(), chars.end(), [](const Utf8Char& c) { return is_space(c.code); });
  if (blank) throw Error("empty prompt");
}

// A copy: a gradient looks at the ids when `tokens` may be gone.
at::Tensor as_tensor(const std::vector<std::int64_t>& values, const TokenBatch& tokens) {
  return at::tensor(values, at::kLong).view({tokens.row_count, tokens.length});
}

}  // namespace

at::Tensor ClapProjection::operator()(const at::Tensor& x) const {
  return second(at::relu(first(x)));
}

ClapProjection take_clap_projection(const TensorSource& weights, const std::string& first,
                                    const std::string& second, std::int64_t in, std::int64_t size) {
  return {take_linear(weights, first, size, in), take_linear(weights, second, size, size)};
}

std::filesystem::path find_clap_tokenizer(const std::filesystem::path& folder) {
  if (BpeTokenizer::present_in(folder)) return folder;
  for (const KnownModel& model : known_models()) {
    const std::filesystem::path fetched = cache_dir() / model.name;
    if (BpeTokenizer::present_in(fetched)) return fetched;
  }
  return {};
}

ClapTextNames ClapTextNames::hugging_face() {
  return {"text_model.", "text_projection.linear1", "text_projection.linear2"};
}

ClapTextNames ClapTextNames::laion() {
  return {"text_branch.", "text_projection.0", "text_projection.2"};
}

ClapText::ClapText(const TensorSource& weights, const ClapTextNames& names, const RobertaSizes& sizes,
                   std::int64_t projection_size)
    : roberta_(weights, names.roberta, sizes),
      projection_(take_clap_projection(weights, names.projection_first, names.projection_second, sizes.hidden,
                                       projection_size)) {}

ClapText ClapText::from_laion(WeightReader& weights) {
  const ClapTextNames names = ClapTextNames::laion();
  const RobertaSizes sizes = RobertaSizes::from_tensors(weights, names.roberta);
  return ClapText(tensor_source(weights), names, sizes, weights.size(names.projection_second + ".weight", 0));
}

void ClapText::check_tokenizer(const BpeTokenizer& tokenizer) const {
  if (tokenizer.vocabulary_size() > sizes().vocabulary) {
    throw Error(concat("the tokenizer has ", tokenizer.vocabulary_size(), " tokens, the text tower ",
                       sizes().vocabulary, ": it belongs to another model"));
  }
  if (tokenizer.pad_id() != sizes().pad_id) {
    throw Error(concat("the tokenizer's <pad> is ", tokenizer.pad_id(), ", the text tower's ", sizes().pad_id,
                       ": it belongs to another model"));
  }
}

ClapText::Output ClapText::forward(const TokenBatch& tokens) const {
  Output output;
  output.roberta = roberta_.forward(as_tensor(tokens.ids, tokens), as_tensor(tokens.mask, tokens));
  output.projection = projection_(output.roberta.pooled);
  return output;
}

at::Tensor ClapText::embed(const TokenBatch& tokens) const {
  return normalised_rows(forward(tokens).projection);
}

at::Tensor ClapText::embed(const BpeTokenizer& tokenizer, std::span<const std::string> texts) const {
  const at::NoGradGuard no_grad;
  check_tokenizer(tokenizer);
  for (const std::string& text : texts) with_context("\"" + text + "\"", [&] { check_text(text); });
  const std::int64_t longest = sizes().positions - sizes().pad_id - 1;
  return embed(tokenizer.encode_batch(texts, longest));
}

}  // namespace pupil::nn
