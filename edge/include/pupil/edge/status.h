// SPDX-License-Identifier: Apache-2.0
// How the device library reports failures.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// ok is 0; everything else is a failure, which leaves outputs unchanged unless stated otherwise.
// clang-format off (14 takes the attribute for a block)
enum class [[nodiscard]] Status : std::uint8_t{
    ok = 0,
    bad_argument,     ///< A size or value that the caller passed is out of range.
    arena_too_small,  ///< The caller's memory has fewer bytes than the object's *_bytes() function asks for.
    bad_model,        ///< A model file that is not valid: sizes, offsets, shapes or scales.
    bad_checksum,     ///< A model file whose bytes have changed since it was written.
    wrong_version,    ///< A model file of a format version that this library does not read.
};
// clang-format on

/// A short lower-case text, static storage, never null.
const char* to_string(Status status) noexcept;

}  // namespace pupil::edge
