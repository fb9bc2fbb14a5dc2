// SPDX-License-Identifier: Apache-2.0
// An AudioSet tagger as a teacher: a class is what the outputs mapped to it say.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "teacher/tagger.h"
#include "teacher/teacher.h"

namespace pupil::teacher {

class TaggerTeacher final : public Teacher {
 public:
  static constexpr std::string_view kKind = "efficientat";

  explicit TaggerTeacher(Tagger tagger) : tagger_(std::move(tagger)) {}

  std::string_view kind() const override { return tagger_.family(); }
  std::int32_t sample_rate_hz() const override { return tagger_.sample_rate_hz(); }
  std::int64_t embedding_begin() const override { return std::ssize(tagger_.class_names()); }
  /// What is kept of a stretch are its logits and its embedding.
  std::vector<AudioEmbedding> embed(std::span<const std::vector<float>> audio) const override;
  std::vector<float> prompt_embedding(std::span<const std::string>) const override { return {}; }
  void set_classes(std::span<const SoundClass> classes) override;
  /// Per class the largest logit that is mapped to it. Throws Error before set_classes().
  std::vector<float> score(std::span<const float> embedding) const override;
  bool standardise() const override { return is_standardised(kKind); }

  /// [K][outputs]: of set_classes()' classes, which outputs they mean.
  const std::vector<std::vector<std::int32_t>>& mapping() const { return mapping_; }

 private:
  AudioEmbedding embed_one(const std::vector<float>& audio) const;

  Tagger tagger_;
  std::vector<std::vector<std::int32_t>> mapping_;
};

}  // namespace pupil::teacher
