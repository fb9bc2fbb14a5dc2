// SPDX-License-Identifier: Apache-2.0
#include "review/reviewer.h"

#include "base/error.h"
#include "base/name.h"
#include "base/text.h"

namespace pupil::review {

constexpr std::size_t kLongestName = 100;

std::string checked_reviewer(std::string name) {
  if (name.empty()) throw Error("who reviews? Type a name at the top of the page, or give --reviewer NAME");
  const std::string fault = label_fault(name);
  if (!fault.empty() || name.size() > kLongestName)
    throw Error(concat("the reviewer's name ", fault.empty() ? "is too long" : fault));
  return name;
}

}  // namespace pupil::review
