// SPDX-License-Identifier: Apache-2.0
#include "separator/query_encoder.h"

#include <ATen/ATen.h>

#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace pupil::separator {
namespace {

constexpr std::string_view kModel = "query_encoder.model.";
// A name that only the text tower has.
constexpr std::string_view kKnownTextName =
    "query_encoder.model.text_branch.embeddings.word_embeddings.weight";

nn::BpeTokenizer find_tokenizer(const std::filesystem::path& checkpoint) {
  const std::filesystem::path folder = nn::find_clap_tokenizer(checkpoint.parent_path());
  if (!folder.empty()) return nn::BpeTokenizer::load(folder);
  throw Error(
      concat(checkpoint.string(),
             ": no tokenizer beside it (vocab.json and merges.txt of roberta-base; or: pupil models fetch "
             "clap-htsat-unfused)"));
}

nn::ClapText read_tower(const nn::TensorFile& checkpoint) {
  nn::WeightReader weights(checkpoint, concat(checkpoint.prefix_of(kKnownTextName), kModel));
  nn::ClapText tower = nn::ClapText::from_laion(weights);
  weights.finish({"audio_branch.*", "audio_projection.*", "audio_transform.*", "text_transform.*",
                  "logit_scale_*", "text_branch.embeddings.position_ids",
                  "text_branch.embeddings.token_type_ids"});
  return tower;
}

}  // namespace

bool QueryEncoder::present_in(const nn::TensorFile& checkpoint) {
  for (const nn::TensorEntry& entry : checkpoint.entries()) {
    if (entry.name.ends_with(kKnownTextName)) return true;
  }
  return false;
}

QueryEncoder::QueryEncoder(const nn::TensorFile& checkpoint)
    : tokenizer_(find_tokenizer(checkpoint.path())), tower_(read_tower(checkpoint)) {
  with_context(checkpoint.path().string(), [&] { tower_.check_tokenizer(tokenizer_); });
}

std::vector<float> QueryEncoder::embed(const std::string& text) const {
  const std::string texts[] = {text};
  const at::Tensor embedding = tower_.embed(tokenizer_, texts).contiguous();
  return {embedding.data_ptr<float>(), embedding.data_ptr<float>() + embedding.numel()};
}

}  // namespace pupil::separator
