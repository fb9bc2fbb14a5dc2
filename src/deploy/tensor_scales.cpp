// SPDX-License-Identifier: Apache-2.0
#include "deploy/tensor_scales.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "model/format.h"

namespace pupil::deploy {
namespace {

/// scale[a] = ratio * scale[b], both to be found.
struct Relation {
  std::size_t a;
  std::size_t b;
  double ratio;
};

// Multipliers of an add are rounded to 2^-14 and hold 1 or a little less in the larger one.
constexpr double kRoundingOfRatio = 1e-2;

double add_ratio(std::int16_t multiplier) {
  return multiplier / 16384.0;
}

double mean_ratio(const edge::LayerDraft& layer, std::int64_t averaged) {
  return std::ldexp(layer.multiplier, -21 - layer.shift) * edge::format::kMeanGain *
         static_cast<double>(averaged);
}

std::vector<Relation> relations(const QuantisedNetwork& network) {
  std::vector<Relation> found;
  for (std::size_t i = 0; i < network.image().layers.size(); ++i) {
    const edge::LayerDraft& layer = network.image().layers[i];
    if (layer.kind == edge::LayerKind::add) {
      found.push_back({i, i + 1, add_ratio(layer.multiplier)});
      found.push_back({static_cast<std::size_t>(layer.skip_tensor), i + 1, add_ratio(layer.skip_multiplier)});
    } else if (layer.kind == edge::LayerKind::mean_f || layer.kind == edge::LayerKind::mean_tf) {
      const auto index = static_cast<std::int32_t>(i);
      const edge::LayerInfo info = network.model().layer(index);
      std::int64_t averaged = info.input_bins;
      if (layer.kind == edge::LayerKind::mean_tf) {
        averaged *= index > 0 ? network.model().layer(index - 1).frames : network.model().window_frames();
      }
      found.push_back({i, i + 1, mean_ratio(layer, averaged)});
    }
  }
  return found;
}

double input_scale(const std::vector<float>& gain) {
  const double mean = std::accumulate(gain.begin(), gain.end(), 0.0) / static_cast<double>(gain.size());
  return mean > 0 ? std::exp2(std::round(-std::log2(mean))) : 1.0;
}

/// Sets what follows from the scales that are known, until nothing more does.
void propagate(const std::vector<Relation>& relations, std::vector<double>* scales) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Relation& r : relations) {
      double& a = (*scales)[r.a];
      double& b = (*scales)[r.b];
      if (!(r.ratio > 0) || (a > 0) == (b > 0)) continue;
      (a > 0 ? b : a) = a > 0 ? a / r.ratio : b * r.ratio;
      changed = true;
    }
  }
}

}  // namespace

std::vector<double> tensor_scales(const QuantisedNetwork& network) {
  const std::vector<edge::LayerDraft>& layers = network.image().layers;
  const std::vector<Relation> related = relations(network);
  std::vector<double> scales(layers.size() + 1, 0.0);
  scales[0] = input_scale(network.image().input_gain);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    propagate(related, &scales);
    if (scales[i + 1] == 0) scales[i + 1] = layers[i].scale > 0 ? layers[i].scale : 1.0;
  }
  scales.back() = 1.0;
  for (const Relation& r : related) {
    const double error = std::fabs(scales[r.a] / (scales[r.b] * r.ratio) - 1.0);
    if (!(error < kRoundingOfRatio)) {
      throw Error(
          concat("layer ", r.b - 1, ": multipliers of skip connections contradict each other by ", error));
    }
  }
  return scales;
}

std::vector<double> weight_scales(const edge::LayerDraft& layer, double input_scale, double output_scale) {
  std::vector<double> scales;
  for (std::size_t c = 0; c < static_cast<std::size_t>(layer.channels); ++c) {
    const double ratio = layer.kind == edge::LayerKind::head
                             ? layer.logit_scales[c]
                             : std::ldexp(layer.multipliers[c], -21 - layer.shifts[c]);
    scales.push_back(ratio * output_scale / input_scale);
  }
  return scales;
}

}  // namespace pupil::deploy
