// SPDX-License-Identifier: Apache-2.0
// Bytes as text: base64 (RFC 4648) with padding.

#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pupil {

std::string base64(std::span<const std::byte> bytes);

}  // namespace pupil
