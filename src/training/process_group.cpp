// SPDX-License-Identifier: Apache-2.0
#include "training/process_group.h"

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace pupil::training {
namespace {

constexpr auto kSilence = std::chrono::minutes(30);
// What the first process does before it shares something: making a training set, for one.
constexpr auto kPreparation = std::chrono::hours(24);
constexpr const char* kLoopback = "127.0.0.1";

// Of libtorch's messages the first line: below it stand a stack and addresses.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

class ProcessGroup::Connection {
 public:
  Connection(const std::filesystem::path& meeting, Rank rank, bool here, double patience_s) : rank_(rank) {
    const auto store = c10::make_intrusive<c10d::FileStore>(meeting.string(), static_cast<int>(rank.count));
    store->setTimeout(std::chrono::milliseconds(static_cast<std::int64_t>(patience_s * 1000)));
    const auto options = c10d::ProcessGroupGloo::Options::create();
    options->devices.push_back(here ? c10d::ProcessGroupGloo::createDeviceForHostname(kLoopback)
                                    : c10d::ProcessGroupGloo::createDefaultDevice());
    options->threads = 1;
    options->timeout = std::chrono::milliseconds(static_cast<std::int64_t>(patience_s * 1000));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, static_cast<int>(rank.index),
                                                         static_cast<int>(rank.count), options);
  }

  template <typename Value>
  void gather(std::span<Value> values, at::ScalarType type, std::chrono::milliseconds patience) {
    const std::int64_t length = std::ssize(values) / rank_.count;
    if (length * rank_.count != std::ssize(values)) throw Error("gather: blocks of different lengths");
    if (length == 0) return;
    std::vector<std::vector<at::Tensor>> blocks(1);
    for (std::int64_t r = 0; r < rank_.count; ++r)
      blocks[0].push_back(at::from_blob(values.data() + r * length, {length}, type));
    std::vector<at::Tensor> own = {blocks[0][static_cast<std::size_t>(rank_.index)].clone()};
    c10d::AllgatherOptions options;
    options.timeout = patience;
    group_->allgather(blocks, own, options)->wait();
  }

 private:
  Rank rank_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

ProcessGroup::ProcessGroup(const std::filesystem::path& meeting, Rank rank, bool here, double patience_s)
    : rank_(rank) {
  try {
    connection_ = std::make_unique<Connection>(meeting, rank, here, patience_s);
  } catch (const std::exception& error) {
    throw Error(concat("process ", rank.index, " of ", rank.count, " does not find the others (by ",
                       meeting.string(), "): ", first_line(error)));
  }
}

ProcessGroup::~ProcessGroup() = default;

namespace {

template <typename Work>
void with_reason(const Rank& rank, const Work& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(concat("process ", rank.index, " of ", rank.count,
                       ": another process of this training is gone: ", first_line(error)));
  }
}

}  // namespace

void ProcessGroup::gather(std::span<float> values) {
  with_reason(rank_, [&] { connection_->gather(values, at::kFloat, kSilence); });
}

void ProcessGroup::gather(std::span<double> values) {
  with_reason(rank_, [&] { connection_->gather(values, at::kDouble, kSilence); });
}

std::string ProcessGroup::share(const std::string& text) {
  std::vector<double> lengths(static_cast<std::size_t>(rank_.count));
  if (is_first()) lengths[0] = static_cast<double>(text.size());
  with_reason(rank_, [&] { connection_->gather(std::span(lengths), at::kDouble, kPreparation); });
  const auto length = static_cast<std::size_t>(lengths[0]);
  std::vector<float> letters(length * static_cast<std::size_t>(rank_.count));
  if (is_first()) std::ranges::transform(text, letters.begin(), [](char c) { return static_cast<float>(c); });
  gather(std::span(letters));
  std::string shared;
  for (std::size_t i = 0; i < length; ++i) shared += static_cast<char>(letters[i]);
  return shared;
}

void ProcessGroup::require_same(const std::string& text, const std::string& what) {
  const std::string digest = sha256_hex(text);
  std::vector<float> all(static_cast<std::size_t>(rank_.count) * digest.size());
  for (std::size_t i = 0; i < digest.size(); ++i)
    all[static_cast<std::size_t>(rank_.index) * digest.size() + i] = static_cast<float>(digest[i]);
  gather(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == all[i % digest.size()]) continue;
    throw Error(concat("process ", i / digest.size(), " has another ", what, " than process 0"));
  }
}

}  // namespace pupil::training
