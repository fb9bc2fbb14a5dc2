#include "frontend/real_fft.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <complex>
#include <random>
#include <vector>

#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

using Complex = std::complex<float>;

std::vector<float> noise(std::int32_t count) {
  std::mt19937 random(3);
  std::vector<float> samples(static_cast<std::size_t>(count));
  for (float& sample : samples) sample = static_cast<float>(random() % 65536) / 32768.0F - 1.0F;
  return samples;
}

std::vector<float> power_of(const std::vector<float>& samples, const std::vector<float>& window) {
  const auto size = static_cast<std::int32_t>(samples.size());
  std::vector<float> table(static_cast<std::size_t>(fft_table_floats(size)));
  std::vector<float> work(static_cast<std::size_t>(fft_work_floats(size)));
  std::vector<float> power(samples.size() / 2 + 1);
  build_fft_table(size, table.data());
  power_spectrum(size, table.data(), samples.data(), window.data(), work.data(), power.data());
  return power;
}

Complex factor(int step, int steps) {
  return {static_cast<float>(cos_of_turn(step, steps)), static_cast<float>(-sin_of_turn(step, steps))};
}

Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

Complex times_minus_i(Complex a) { return {a.imag(), -a.real()}; }

// The specification: the same operations as plain loops, one number at a time.
std::vector<float> reference_power(const std::vector<float>& samples, const std::vector<float>& window) {
  const int m = static_cast<int>(samples.size()) / 2;
  std::vector<Complex> now(static_cast<std::size_t>(m));
  std::vector<Complex> next(now.size());
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  for (int i = 0; i < m; ++i) {
    now[at(i)] = {samples[at(2 * i)] * window[at(2 * i)], samples[at(2 * i + 1)] * window[at(2 * i + 1)]};
  }
  int stride = 1;
  for (int n = m; n >= 4; n /= 4, stride *= 4, now.swap(next)) {
    for (int p = 0; p < n / 4; ++p) {
      for (int q = 0; q < stride; ++q) {
        const Complex a = now[at(q + stride * p)];
        const Complex b = now[at(q + stride * p + m / 4)];
        const Complex c = now[at(q + stride * p + m / 2)];
        const Complex d = now[at(q + stride * p + m / 2 + m / 4)];
        const Complex turned = times_minus_i(b - d);
        next[at(q + stride * 4 * p)] = (a + c) + (b + d);
        next[at(q + stride * (4 * p + 1))] = times((a - c) + turned, factor(p, n));
        next[at(q + stride * (4 * p + 2))] = times((a + c) - (b + d), factor(2 * p, n));
        next[at(q + stride * (4 * p + 3))] = times((a - c) - turned, factor(3 * p, n));
      }
    }
  }
  if (stride < m) {
    for (int q = 0; q < m / 2; ++q) {
      next[at(q)] = now[at(q)] + now[at(q + m / 2)];
      next[at(q + m / 2)] = now[at(q)] - now[at(q + m / 2)];
    }
    now.swap(next);
  }
  std::vector<float> power(samples.size() / 2 + 1);
  for (int k = 0; k <= m / 2; ++k) {
    const Complex mirror = std::conj(now[at((m - k) % m)]);
    const Complex odd = times(times_minus_i(now[at(k)] - mirror), factor(k, 2 * m));
    const Complex up = (now[at(k)] + mirror) + odd;
    const Complex down = (now[at(k)] + mirror) - odd;
    power[at(m - k)] = down.real() * down.real() + down.imag() * down.imag();
    power[at(k)] = up.real() * up.real() + up.imag() * up.imag();
  }
  return power;
}

}  // namespace

TEST(RealFft, EqualsThePlainLoopsBitForBit) {
  for (const std::int32_t size : {512, 1024, 2048}) {
    const auto samples = noise(size);
    std::vector<float> window(samples.size());
    for (std::size_t i = 0; i < window.size(); ++i) window[i] = 1.0F / static_cast<float>(1 + i % 7);
    const auto got = power_of(samples, window);
    const auto wanted = reference_power(samples, window);
    for (std::size_t k = 0; k < got.size(); ++k) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got[k]), std::bit_cast<std::uint32_t>(wanted[k])) << size << " bin " << k;
    }
  }
}

TEST(RealFft, IsTheFourierTransform) {
  for (const std::int32_t size : {512, 1024, 2048}) {
    const auto samples = noise(size);
    const auto got = power_of(samples, std::vector<float>(samples.size(), 0.5F));
    double total = 0.0;
    for (const float sample : samples) total += static_cast<double>(sample) * static_cast<double>(sample);
    for (std::int32_t k = 0; k <= size / 2; k += 3) {
      std::complex<double> sum = 0.0;
      for (std::int32_t n = 0; n < size; ++n) {
        const auto turn = static_cast<std::int64_t>(n) * k;
        const std::complex<double> wave(cos_of_turn(turn, size), -sin_of_turn(turn, size));
        sum += static_cast<double>(samples[static_cast<std::size_t>(n)]) * wave;
      }
      // Single precision: a few 1e-7 of the whole frame's amplitude.
      const double tolerance = 1e-6 * std::sqrt(total) * (std::abs(sum) + 1e-6 * std::sqrt(total));
      ASSERT_NEAR(static_cast<double>(got[static_cast<std::size_t>(k)]), std::norm(sum), tolerance) << size << " " << k;
    }
  }
}

}  // namespace pupil::edge
