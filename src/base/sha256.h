// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4): through OpenSSL's libcrypto, in the device build our own. Content in the store is named by it.

#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pupil {

/// A running hash. Threads: one at a time per object.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// Of all that was given; the object then starts afresh.
  std::array<std::byte, 32> digest();
  /// The same as 64 lower-case hexadecimal digits.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The hash of a text.
std::string sha256_hex(std::string_view text);

/// The hash of a file's bytes, read in pieces. Error when it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace pupil
