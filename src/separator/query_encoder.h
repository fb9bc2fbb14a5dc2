// SPDX-License-Identifier: Apache-2.0
// The text tower inside an AudioSep checkpoint (`query_encoder.model.*`, a CLAP in LAION's layout): from a
// query's words to the condition that steers the network. Called by Separator.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nn/bpe_tokenizer.h"
#include "nn/clap_text.h"
#include "nn/tensor_file.h"

namespace pupil::separator {

class QueryEncoder {
 public:
  /// Whether the checkpoint carries a text tower; one with the separation network alone does not.
  static bool present_in(const nn::TensorFile& checkpoint);

  /// The tokenizer's files lie beside the checkpoint or with a fetched CLAP. Error: they are nowhere, or what
  /// does not fit in the tower.
  explicit QueryEncoder(const nn::TensorFile& checkpoint);

  /// The embedding of `text`, of length 1, [D]. Error: an empty text, or one that is not UTF-8.
  std::vector<float> embed(const std::string& text) const;

 private:
  nn::BpeTokenizer tokenizer_;
  nn::ClapText tower_;
};

}  // namespace pupil::separator
