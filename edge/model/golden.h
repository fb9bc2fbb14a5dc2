// SPDX-License-Identifier: Apache-2.0
// Golden vectors: some windows of audio and the exact bits that a model must compute from them on every
// machine. They are in a file beside the model (m.pupil, m.golden), written when it is exported and read by
// `pupil verify`. Only for the tools, as model_writer.h is. docs/format.md describes the file.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

/// One window: 16-bit samples (full scale is the whole range) at the model's rate, and the reference's
/// answer.
struct GoldenCase {
  std::vector<std::int16_t> samples;  ///< [window_samples]
  std::vector<float> logits;          ///< [K]
  std::vector<float> scores;          ///< [K]
};

/// Silence, a click, tones, noise and speech-like bursts, `count` cases in turn, answered by the reference
/// kernels.
std::vector<GoldenCase> make_golden_cases(const Model& model, std::int32_t count);

/// The bytes of a golden file for `model`.
std::vector<std::byte> write_golden(const Model& model, const std::vector<GoldenCase>& cases);

/// The cases of a golden file; none if the bytes are damaged or belong to another model (one with another
/// checksum).
std::optional<std::vector<GoldenCase>> read_golden(const Model& model, std::span<const std::byte> bytes);

/// What the device computes for those samples with `kernels`: front end, whole window, scores. Nothing if the
/// kernels cannot run here.
std::optional<GoldenCase> answer_golden(const Model& model, KernelSet kernels,
                                        std::vector<std::int16_t> samples);

/// Whether logits and scores are the same bits.
bool same_bits(const GoldenCase& a, const GoldenCase& b);

}  // namespace pupil::edge
