// SPDX-License-Identifier: Apache-2.0
// Sounds without a name: tones that glide and tremble, bursts of noise, clicks, through random resonances. Nobody has
// words for them, but a tagger has an opinion, and a network that learns it learns how the tagger embeds.

#pragma once

#include <cstdint>
#include <vector>

namespace pupil::pretrain {

/// `sample_count` samples at `rate_hz`, the loudest 1; the same for the same seed.
std::vector<float> make_abstract_sound(std::int64_t sample_count, std::int32_t rate_hz, std::uint64_t seed);

}  // namespace pupil::pretrain
