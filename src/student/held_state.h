// SPDX-License-Identifier: Apache-2.0
// What an operation of ours keeps for its backward pass, owned by the graph: a network may be destroyed between forward and
// backward, as the ranges of an expression are.

#pragma once

#include <ATen/core/ivalue.h>

#include <memory>
#include <utility>

namespace pupil::student {

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
