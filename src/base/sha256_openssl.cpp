// SPDX-License-Identifier: Apache-2.0
// The hash through libcrypto, which uses the processor's instructions for it.

#include <openssl/evp.h>

#include <cerrno>
#include <new>

#include "base/error.h"
#include "base/sha256.h"

namespace pupil {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { start(); }
  ~State() { EVP_MD_CTX_free(context); }
  void start() {
    errno = 0;
    if (context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1) return;
    if (context == nullptr || errno == ENOMEM) throw std::bad_alloc();
    throw Error("SHA-256 is not available in libcrypto");
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::array<std::byte, 32> Sha256::digest() {
  std::array<std::byte, 32> digest;
  EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  state_->start();
  return digest;
}

}  // namespace pupil
