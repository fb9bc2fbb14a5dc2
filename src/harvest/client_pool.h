// SPDX-License-Identifier: Apache-2.0
// Clients for several threads: each keeps its open connections while it is not in use.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/quietly.h"
#include "fetch/client.h"

namespace pupil::harvest {

/// Threads: any.
class ClientPool {
 public:
  /// `options` must outlive this object.
  explicit ClientPool(const fetch::ClientOptions& options) : options_(options) {}

  /// Calls `work` with a client that nobody else has meanwhile, and returns what it returns.
  template <typename Work>
  auto with_client(Work&& work) {
    std::unique_ptr<fetch::Client> client = take();
    const std::int64_t before = client->request_count();
    struct Return {
      ClientPool& pool;
      std::unique_ptr<fetch::Client>& client;
      std::int64_t before;
      ~Return() {
        quietly([this] { pool.give(std::move(client), before); });
      }
    } back{*this, client, before};
    return work(*client);
  }

  /// Requests of all its clients so far.
  std::int64_t request_count() {
    const std::lock_guard lock(mutex_);
    return request_count_;
  }

 private:
  std::unique_ptr<fetch::Client> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<fetch::Client>(options_);
    auto client = std::move(free_.back());
    free_.pop_back();
    return client;
  }
  void give(std::unique_ptr<fetch::Client> client, std::int64_t before) {
    const std::lock_guard lock(mutex_);
    request_count_ += client->request_count() - before;
    free_.push_back(std::move(client));
  }

  const fetch::ClientOptions& options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<fetch::Client>> free_;
  std::int64_t request_count_ = 0;
};

}  // namespace pupil::harvest
