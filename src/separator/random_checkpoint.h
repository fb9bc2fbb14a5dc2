// SPDX-License-Identifier: Apache-2.0
// A checkpoint with random weights and the names and shapes of a real one: for measuring speed and for tests,
// where the values do not matter.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace pupil::separator {

/// Sizes of a network of the published form. The defaults are those of AudioSep.
struct NetworkSizes {
  std::vector<std::int64_t> encoder_channels = {32, 64, 128, 256, 384, 384};
  std::int64_t bin_count = 1025;
  std::int64_t condition_size = 512;
  /// Tokens that a text tower of one narrow layer knows (`query_encoder.model.`); 0: no text tower.
  std::int64_t text_vocabulary = 0;
};

/// Writes `path` (safetensors, `ss_model.` names, without DFT matrices). Same sizes and seed, same bytes. The
/// values keep activations near one through the depth. Error: the file cannot be written.
void write_random_checkpoint(const std::filesystem::path& path, const NetworkSizes& sizes = {},
                             std::uint64_t seed = 1);

/// A tokenizer for it: vocab.json and merges.txt in `folder`, RoBERTa's alphabet of bytes without any merges, 261
/// tokens.
void write_byte_tokenizer(const std::filesystem::path& folder);

}  // namespace pupil::separator
