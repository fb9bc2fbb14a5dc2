// SPDX-License-Identifier: Apache-2.0
// Words for a scene.

#pragma once

#include <span>
#include <string>

#include "synth/random.h"
#include "synth/scene.h"

namespace pupil::synth {

/// One sentence that names every kind that is heard, in one of several phrasings: "a dog barking while rain
/// is falling", "a small dog whimpers indoors". Of many kinds the first four are named.
std::string draw_caption(const Scene& scene, Random random);

}  // namespace pupil::synth
