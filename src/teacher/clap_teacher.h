// SPDX-License-Identifier: Apache-2.0
// CLAP as a teacher: a class is what its prompts say.

#pragma once

#include <string>
#include <vector>

#include "teacher/clap.h"
#include "teacher/teacher.h"

namespace pupil::teacher {

class ClapTeacher final : public Teacher {
 public:
  static constexpr std::string_view kKind = "clap";

  explicit ClapTeacher(Clap clap) : clap_(std::move(clap)) {}

  std::string_view kind() const override { return kKind; }
  std::int32_t sample_rate_hz() const override { return clap_.sample_rate_hz(); }
  std::int64_t embedding_begin() const override { return 0; }
  std::vector<AudioEmbedding> embed(std::span<const std::vector<float>> audio) const override;
  std::vector<float> prompt_embedding(std::span<const std::string> prompts) const override;
  void set_classes(std::span<const SoundClass> classes) override;
  /// Similarities to the prompt ensembles times the logit scale. Throws Error before set_classes().
  std::vector<float> score(std::span<const float> embedding) const override;
  bool standardise() const override { return is_standardised(kKind); }

 private:
  Clap clap_;
  std::vector<float> class_embeddings_;  // [K, D]
};

}  // namespace pupil::teacher
