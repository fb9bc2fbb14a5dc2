// SPDX-License-Identifier: Apache-2.0
// Sine, logarithm and exponential for the front end's tables. C libraries differ in the last bit from machine
// to machine; these use only + - * / in a fixed order. Accurate to about 2e-16; not fast.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// cos(2 pi step / steps), steps > 0, any step.
double cos_of_turn(std::int64_t step, std::int64_t steps) noexcept;

/// sin(2 pi step / steps), steps > 0, any step.
double sin_of_turn(std::int64_t step, std::int64_t steps) noexcept;

/// Natural logarithm of a positive, normal, finite number.
double table_ln(double x) noexcept;

/// e^x for -700 < x < 700.
double table_exp(double x) noexcept;

}  // namespace pupil::edge
