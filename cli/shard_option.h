// SPDX-License-Identifier: Apache-2.0
// --shard I/N, common to the stages.

#pragma once

#include <string>

#include "corpus/catalogue.h"

namespace pupil::cli {

/// "2/8" -> index 2 of 8; empty -> the whole. UsageError otherwise.
corpus::Shard read_shard(const std::string& text);

}  // namespace pupil::cli
