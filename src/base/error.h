// SPDX-License-Identifier: Apache-2.0
// The exceptions of the tools. Thrown where the fact is known, given context on the way up,
// caught once in cli/main.cpp and printed as one line.

#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pupil {

/// What went wrong, outermost context first: "index.csv:812: barks/3.wav: no audio stream (file is 0 bytes)".
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}

  /// Throws a copy with `context` and ": " in front, of the same type: a DiskError stays one on its way up.
  [[noreturn]] virtual void rethrow_with(std::string_view context) const;
};

/// A wrong use of the command line: exit code 2 instead of 1.
class UsageError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void rethrow_with(std::string_view context) const override;
};

/// The machine fails, not the data: output is not taken (full, read-only, over quota), a disk does not give back
/// what is on it, files or memory run out. A stage that sets bad clips aside and goes on must let it through.
class DiskError : public Error {
 public:
  using Error::Error;
  [[noreturn]] void rethrow_with(std::string_view context) const override;
};

/// Runs `work`; an Error that leaves it gets `context` in front. Other exceptions pass unchanged.
template <typename Work>
decltype(auto) with_context(std::string_view context, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    error.rethrow_with(context);
    throw;  // not reached; GCC does not believe a virtual function that it never returns
  }
}

}  // namespace pupil
