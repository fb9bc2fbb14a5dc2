// SPDX-License-Identifier: Apache-2.0
#include "fetch/failure.h"

#include "base/text.h"

namespace pupil::fetch {

std::string_view failure_name(Failure failure) {
  switch (failure) {
    case Failure::gone: return "gone";
    case Failure::refused: return "refused";
    case Failure::limited: return "limited";
    case Failure::unreachable: return "unreachable";
    case Failure::truncated: return "truncated";
    case Failure::too_large: return "too large";
    case Failure::private_address: return "private address";
    case Failure::unusable: return "unusable";
  }
  return "";
}

void FetchError::rethrow_with(std::string_view context) const {
  throw FetchError(failure_, concat(context, ": ", what()));
}

}  // namespace pupil::fetch
