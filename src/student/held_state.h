// SPDX-License-Identifier: Apache-2.0
// What an operation of ours keeps for its backward pass, owned by the graph: a network may be destroyed between forward and
// backward, as the ranges of an expression are.

#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "base/error.h"

namespace pupil::student {

/// Numbers the forward passes through layers whose memory is there once: a backward pass must belong to the latest.
class PassNumbers {
 public:
  std::int64_t begin() { return ++latest_; }

  std::int64_t latest() const { return latest_; }

  /// Error: another forward pass has overwritten what pass `number` kept, so its gradients would be wrong.
  void check_latest(std::int64_t number) const {
    if (number == latest_) return;
    throw Error(
        "backward of a forward pass whose memory a later forward pass through the same network has overwritten; "
        "call backward before the next forward");
  }

 private:
  std::int64_t latest_ = 0;
};

/// For AutogradContext::saved_data, which holds values of libtorch's own types only.
template <typename State>
class HeldState : public torch::CustomClassHolder {
 public:
  static c10::IValue hold(std::shared_ptr<State> state) {
    return c10::IValue::make_capsule(c10::make_intrusive<HeldState>(std::move(state)));
  }
  /// `value` is what hold() gave.
  static std::shared_ptr<State> held(const c10::IValue& value) {
    return c10::static_intrusive_pointer_cast<HeldState>(value.toCapsule())->state_;
  }

  explicit HeldState(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace pupil::student
