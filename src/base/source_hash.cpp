// SPDX-License-Identifier: Apache-2.0
#include "base/source_hash.h"

#include "base/base64.h"
#include "base/sha256.h"
#include "base/text.h"

namespace pupil {

std::string source_hash(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return concat("'sha256-", base64(hash.digest()), "'");
}

}  // namespace pupil
