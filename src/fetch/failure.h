// SPDX-License-Identifier: Apache-2.0
// What can become of a request, told apart by what the caller should do about it.

#pragma once

#include <string>

#include "base/error.h"

namespace pupil::fetch {

enum class Failure {
  gone,             ///< 404, 410: nothing is there, and asking again is of no use
  refused,          ///< 401, 403, 407, 451: a key is missing or wrong, or it is not for everybody
  limited,          ///< 429, or our own limit: later
  unreachable,      ///< no connection, too slow, 5xx after all attempts: later
  truncated,        ///< the connection broke again and again before the end: later
  too_large,        ///< more bytes than were allowed
  private_address,  ///< the address is within a private network, and nobody asked for one
  unusable,         ///< any other answer: another 4xx, a redirect in circles, another scheme than http(s)
};

/// "gone", "refused"...
std::string_view failure_name(Failure failure);

/// An Error that tells what kind it is. Its message names the address without keys.
class FetchError : public Error {
 public:
  FetchError(Failure failure, const std::string& message) : Error(message), failure_(failure) {}
  Failure failure() const { return failure_; }
  [[noreturn]] void rethrow_with(std::string_view context) const override;

 private:
  Failure failure_;
};

}  // namespace pupil::fetch
