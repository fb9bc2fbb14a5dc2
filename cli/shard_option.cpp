// SPDX-License-Identifier: Apache-2.0
#include "shard_option.h"

#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {

corpus::Shard read_shard(const std::string& text) {
  corpus::Shard shard;
  if (text.empty()) return shard;
  const char* end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec == std::errc() && index.ptr != end && *index.ptr == '/') {
    const auto count = std::from_chars(index.ptr + 1, end, shard.count);
    if (count.ec == std::errc() && count.ptr == end && shard.index >= 0 && shard.index < shard.count)
      return shard;
  }
  throw UsageError(concat("--shard: expected I/N with 0 <= I < N, found '", text, "'"));
}

}  // namespace pupil::cli
