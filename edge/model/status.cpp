// SPDX-License-Identifier: Apache-2.0
#include "pupil/edge/status.h"

namespace pupil::edge {

const char* to_string(Status status) noexcept {
  switch (status) {
    case Status::ok: return "ok";
    case Status::bad_argument: return "bad argument";
    case Status::arena_too_small: return "arena too small";
    case Status::bad_model: return "bad model file";
    case Status::bad_checksum: return "model file is damaged (checksum)";
    case Status::wrong_version: return "model file of another version";
  }
  return "unknown status";
}

}  // namespace pupil::edge
