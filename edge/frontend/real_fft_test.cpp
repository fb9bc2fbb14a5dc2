// SPDX-License-Identifier: Apache-2.0
#include "frontend/real_fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <random>
#include <vector>

#include "frontend/frame_table.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

std::vector<float> noise(std::int32_t count) {
  std::mt19937 random(3);
  std::vector<float> samples(static_cast<std::size_t>(count));
  for (float& sample : samples) sample = static_cast<float>(random() % 65536) / 32768.0F - 1.0F;
  return samples;
}

void power_spectrum(const frame::Table& table, const frame::SpectrumCall<float>& call) {
  table.single.power_spectrum(call);
}
void power_spectrum(const frame::Table& table, const frame::SpectrumCall<double>& call) {
  table.high.power_spectrum(call);
}

template <typename Real>
std::vector<Real> power_of(const frame::Table& frames, const std::vector<float>& samples,
                           const std::vector<Real>& window) {
  const auto size = static_cast<std::int32_t>(samples.size());
  std::vector<Real> table(static_cast<std::size_t>(fft_table_size(size)));
  std::vector<Real> work(static_cast<std::size_t>(fft_work_size(size)));
  std::vector<Real> power(samples.size() / 2 + 1);
  build_fft_table(size, table.data());
  power_spectrum(frames, {size, table.data(), samples.data(), window.data(), work.data(), power.data()});
  return power;
}

template <typename Real>
std::complex<Real> factor(int step, int steps) {
  return {static_cast<Real>(cos_of_turn(step, steps)), static_cast<Real>(-sin_of_turn(step, steps))};
}

template <typename Complex>
Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <typename Complex>
Complex times_minus_i(Complex a) {
  return {a.imag(), -a.real()};
}

// The specification: the same operations as plain loops, one number at a time.
template <typename Real>
std::vector<Real> reference_power(const std::vector<float>& samples, const std::vector<Real>& window) {
  using Complex = std::complex<Real>;
  const int m = static_cast<int>(samples.size()) / 2;
  std::vector<Complex> now(static_cast<std::size_t>(m));
  std::vector<Complex> next(now.size());
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  for (int i = 0; i < m; ++i) {
    now[at(i)] = {static_cast<Real>(samples[at(2 * i)]) * window[at(2 * i)],
                  static_cast<Real>(samples[at(2 * i + 1)]) * window[at(2 * i + 1)]};
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
        next[at(q + stride * (4 * p + 1))] = times((a - c) + turned, factor<Real>(p, n));
        next[at(q + stride * (4 * p + 2))] = times((a + c) - (b + d), factor<Real>(2 * p, n));
        next[at(q + stride * (4 * p + 3))] = times((a - c) - turned, factor<Real>(3 * p, n));
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
  std::vector<Real> power(samples.size() / 2 + 1);
  for (int k = 0; k <= m / 2; ++k) {
    const Complex mirror = std::conj(now[at((m - k) % m)]);
    const Complex odd = times(times_minus_i(now[at(k)] - mirror), factor<Real>(k, 2 * m));
    const Complex up = (now[at(k)] + mirror) + odd;
    const Complex down = (now[at(k)] + mirror) - odd;
    power[at(m - k)] = down.real() * down.real() + down.imag() * down.imag();
    power[at(k)] = up.real() * up.real() + up.imag() * up.imag();
  }
  return power;
}

template <typename Real>
void expect_the_bits_of_plain_loops(const frame::Table& table) {
  for (const std::int32_t size : {512, 1024, 2048}) {
    const auto samples = noise(size);
    std::vector<Real> window(samples.size());
    for (std::size_t i = 0; i < window.size(); ++i) window[i] = Real{1} / static_cast<Real>(1 + i % 7);
    const auto got = power_of(table, samples, window);
    const auto wanted = reference_power(samples, window);
    ASSERT_EQ(std::memcmp(got.data(), wanted.data(), wanted.size() * sizeof(Real)), 0) << size;
  }
}

// `precision`: the largest error of a bin as a share of the whole frame's amplitude.
template <typename Real>
void expect_the_fourier_transform(double precision) {
  for (const std::int32_t size : {512, 1024, 2048}) {
    const auto samples = noise(size);
    const auto got = power_of(frame::four::table(), samples, std::vector<Real>(samples.size(), Real{0.5}));
    double total = 0.0;
    for (const float sample : samples) total += static_cast<double>(sample) * static_cast<double>(sample);
    const double error = precision * std::sqrt(total);
    for (std::int32_t k = 0; k <= size / 2; k += 3) {
      std::complex<double> sum = 0.0;
      for (std::int32_t n = 0; n < size; ++n) {
        const auto turn = static_cast<std::int64_t>(n) * k;
        const std::complex<double> wave(cos_of_turn(turn, size), -sin_of_turn(turn, size));
        sum += static_cast<double>(samples[static_cast<std::size_t>(n)]) * wave;
      }
      const double tolerance = error * (2.0 * std::abs(sum) + error);
      ASSERT_NEAR(static_cast<double>(got[static_cast<std::size_t>(k)]), std::norm(sum), tolerance)
          << size << " " << k;
    }
  }
}

}  // namespace

class RealFft : public testing::TestWithParam<KernelSet> {};

TEST_P(RealFft, EqualsThePlainLoopsBitForBit) {
  const frame::Table* table = frame::find_table(GetParam());
  if (table == nullptr) GTEST_SKIP() << to_string(GetParam()) << " cannot run on this machine";
  expect_the_bits_of_plain_loops<float>(*table);
  expect_the_bits_of_plain_loops<double>(*table);
}

INSTANTIATE_TEST_SUITE_P(Sets, RealFft,
                         testing::Values(KernelSet::reference, KernelSet::avx2, KernelSet::avx512_vnni),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(RealFftAccuracy, IsTheFourierTransform) {
  expect_the_fourier_transform<float>(5e-7);
}

// Mostly the plain sum's own rounding: up to 2048 terms of 1e-16 each, at random 5e-15.
TEST(RealFftAccuracy, IsTheFourierTransformInDouble) {
  expect_the_fourier_transform<double>(2e-14);
}

}  // namespace pupil::edge
