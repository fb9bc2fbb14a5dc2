// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

namespace pupil {
namespace {

std::string join(std::string_view context, std::string_view message) {
  return std::string(context) + ": " + std::string(message);
}

}  // namespace

void Error::rethrow_with(std::string_view context) const {
  throw Error(join(context, what()));
}

void UsageError::rethrow_with(std::string_view context) const {
  throw UsageError(join(context, what()));
}

void DiskError::rethrow_with(std::string_view context) const {
  throw DiskError(join(context, what()));
}

}  // namespace pupil
