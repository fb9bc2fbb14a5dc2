// SPDX-License-Identifier: Apache-2.0
#include "pretrain/teacher_loss.h"

#include <ATen/ATen.h>

#include "base/counter_random.h"

namespace pupil::pretrain {
namespace {

// Below 1 the tagger's favourite counts for more, above 1 its other ideas do.
constexpr double kEvidenceTemperature = 1.2;
constexpr double kEvidenceLow = -3, kEvidenceHigh = 8;
constexpr double kLargestScale = 100;

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& target) {
  return -(at::log_softmax(logits, 1) * target).sum(1).mean();
}

at::Tensor contrast_loss(const at::Tensor& similarity, const at::Tensor& in_common,
                         const ClapNetwork& network) {
  const at::Tensor target = in_common / in_common.sum(1, true);
  const at::Tensor audio =
      cross_entropy(similarity * network.audio_logit_scale().clamp_max(kLargestScale), target);
  const at::Tensor text =
      cross_entropy(similarity.t() * network.text_logit_scale().clamp_max(kLargestScale), target);
  return (audio + text) / 2;
}

}  // namespace

at::Tensor class_distance(const at::Tensor& logits, const at::Tensor& evidence) {
  const at::Tensor target = at::softmax(evidence / kEvidenceTemperature, 1);
  return cross_entropy(logits, target) + (target * at::log(target + 1e-9)).sum(1).mean();
}

TeacherHeads::TeacherHeads(std::int64_t audio_channels, const at::Tensor& embedding_mean,
                           const at::Tensor& embedding_deviation, std::uint64_t seed)
    : mean_(embedding_mean), deviation_(embedding_deviation) {
  const std::int64_t size = embedding_mean.size(0);
  parameters_.add("embedding.weight", {size, audio_channels}, true);
  parameters_.add("embedding.bias", {size}, false);
  parameters_.add("evidence.scale", {}, false, 8);
  parameters_.add("evidence.shift", {}, false, 1);
  parameters_.allocate();
  CounterRandom random(seed, 0xEA, 0, 0);
  const at::NoGradGuard no_grad;
  at::Tensor weight = parameters_["embedding.weight"];
  for (std::int64_t i = 0; i < weight.numel(); ++i)
    weight.data_ptr<float>()[i] = static_cast<float>(0.05 * random.normal());
}

TeacherLoss TeacherHeads::loss(const ClapNetwork& network, const nn::BpeTokenizer& tokenizer,
                               const TeacherBatch& batch, const TeacherLossWeights& weights) const {
  const ClapNetwork::Audio audio = network.embed_audio(batch.frames);
  TeacherLoss loss;
  loss.total = at::zeros({}, at::kFloat);
  const std::int64_t classes = std::ssize(batch.class_captions), captions = std::ssize(batch.captions);
  const std::int64_t longest = network.config().text.positions - network.config().text.pad_id - 1;
  // Apart, since captions of mixtures are long and all texts of a batch are padded to the longest.
  const auto embed = [&](const std::vector<std::string>& texts) {
    return network.embed_text(tokenizer.encode_batch(texts, longest));
  };
  if (captions > 1) {
    const at::Tensor heard = audio.embedding.index_select(0, at::tensor(batch.captioned));
    loss.contrast = contrast_loss(at::matmul(heard, embed(batch.captions).t()), batch.in_common, network);
    loss.total = loss.total + weights.contrast * loss.contrast;
  }
  if (classes > 0) {
    const at::Tensor similarity = at::matmul(audio.embedding, embed(batch.class_captions).t());
    loss.classes =
        class_distance(similarity * network.audio_logit_scale().clamp_max(kLargestScale), batch.evidence);
    const at::Tensor wanted = batch.evidence.clamp(kEvidenceLow, kEvidenceHigh);
    const at::Tensor line = similarity * parameters_["evidence.scale"] + parameters_["evidence.shift"];
    loss.evidence = ((line - wanted).square() * (1 + wanted.clamp_min(0))).mean();
    const at::Tensor embedding =
        at::linear(audio.pooled, parameters_["embedding.weight"], parameters_["embedding.bias"]);
    const at::Tensor known = (batch.embedding - mean_) / deviation_;
    const at::Tensor apart = 1 - at::cosine_similarity(embedding, known, 1);
    loss.embedding = (apart * batch.unmixed).sum() / batch.unmixed.sum().clamp_min(1);
    loss.total = loss.total + weights.classes * loss.classes + weights.evidence * loss.evidence +
                 weights.embedding * loss.embedding;
  }
  return loss;
}

}  // namespace pupil::pretrain
