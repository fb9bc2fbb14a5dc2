// SPDX-License-Identifier: Apache-2.0
#include "teacher/random_efficientat.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"

namespace pupil::teacher {
namespace {

struct MobileBlock {
  int in, kernel, expanded, out;
  bool squeezes;
};

constexpr MobileBlock kMobileNetV3[] = {
    {16, 3, 16, 16, false},   {16, 3, 64, 24, false},   {24, 3, 72, 24, false},  {24, 5, 72, 40, true},
    {40, 5, 120, 40, true},   {40, 5, 120, 40, true},   {40, 3, 240, 80, false}, {80, 3, 200, 80, false},
    {80, 3, 184, 80, false},  {80, 3, 184, 80, false},  {80, 3, 480, 112, true}, {112, 3, 672, 112, true},
    {112, 5, 672, 160, true}, {160, 5, 960, 160, true}, {160, 5, 960, 160, true}};

class MobileTensors {
 public:
  explicit MobileTensors(double width) : width_(width) {}

  // Rounded to a multiple of 8, never more than a tenth down.
  int scaled(int channels) const {
    const double wanted = channels * width_;
    const int rounded = std::max(8, static_cast<int>(wanted + 4) / 8 * 8);
    return rounded < 0.9 * wanted ? rounded + 8 : rounded;
  }

  void convolution(const std::string& name, int out, int in, int kernel) {
    add(name + ".0.weight", random({out, in, kernel, kernel}, in * kernel * kernel));
    add(name + ".1.weight", at::randn(out) * 0.15 + 1);
    add(name + ".1.bias", at::randn(out) * 0.1);
    add(name + ".1.running_mean", at::randn(out) * 0.1);
    add(name + ".1.running_var", at::rand(out) + 0.5);
    add(name + ".1.num_batches_tracked", at::zeros({}, at::kLong));
  }

  void linear(const std::string& name, int out, int in) {
    add(name + ".weight", random({out, in}, in));
    add(name + ".bias", at::randn(out) * 0.1);
  }

  void block(const std::string& name, const MobileBlock& shape) {
    const int in = scaled(shape.in), width = scaled(shape.expanded);
    int layer = 0;
    if (width != in) convolution(concat(name, layer++), width, in, 1);
    convolution(concat(name, layer++), width, 1, shape.kernel);
    if (shape.squeezes) {
      const std::string squeeze = concat(name, layer++, ".conc_se_layers.0.fc");
      const int narrow = std::max(8, (width / 4 + 4) / 8 * 8);
      linear(squeeze + "1", narrow, width);
      linear(squeeze + "2", width, narrow);
    }
    convolution(concat(name, layer), scaled(shape.out), width, 1);
  }

  std::vector<nn::NamedTensor> all;

 private:
  static at::Tensor random(at::IntArrayRef shape, int fan_in) {
    return at::randn(shape) * std::sqrt(2.0 / fan_in);
  }
  void add(const std::string& name, const at::Tensor& tensor) { all.push_back({name, tensor}); }

  double width_;
};

}  // namespace

std::vector<nn::NamedTensor> random_efficientat_tensors(double width, std::uint64_t seed) {
  at::manual_seed(seed);
  MobileTensors tensors(width);
  tensors.convolution("features.0", tensors.scaled(16), 1, 3);
  int position = 0;
  for (const MobileBlock& shape : kMobileNetV3)
    tensors.block(concat("features.", ++position, ".block."), shape);
  const int last = tensors.scaled(160), hidden = tensors.scaled(1280);
  tensors.convolution("features.16", 6 * last, last, 1);
  tensors.linear("classifier.2", hidden, 6 * last);
  tensors.linear("classifier.5", 527, hidden);
  return tensors.all;
}

}  // namespace pupil::teacher
