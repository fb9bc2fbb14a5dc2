// The one way in which the device library says that something went wrong.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// ok is 0; everything else is a failure, after which outputs are as before the call unless said otherwise.
enum class [[nodiscard]] Status : std::uint8_t {
  ok = 0,
  bad_argument,     ///< A size or value that the caller passed is out of range.
  arena_too_small,  ///< The caller's memory has fewer bytes than the object's *_bytes() function asks for.
  bad_model,        ///< A model file that breaks its own rules: sizes, offsets, shapes, scales.
  bad_checksum,     ///< A model file whose bytes are not those that were written.
  wrong_version,    ///< A model file of a format version that this library does not read.
};

/// A short lower-case text, static storage, never null.
const char* to_string(Status status) noexcept;

}  // namespace pupil::edge
