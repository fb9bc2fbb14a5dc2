// SPDX-License-Identifier: Apache-2.0
#include "deploy/quantised_network.h"

#include <utility>

#include "base/check_status.h"
#include "base/read_file.h"

namespace pupil::deploy {

QuantisedNetwork::QuantisedNetwork(edge::ModelImage image) : image_(std::move(image)) {
  memory_ = std::make_shared<const edge::AlignedBytes>(edge::write_model(image_));
  check_status(model_.load(memory_->span()), "the network cannot become a model file");
}

QuantisedNetwork QuantisedNetwork::read(const std::filesystem::path& path) {
  const edge::AlignedBytes bytes(read_bytes(path));
  edge::Model model;
  check_status(model.load(bytes.span()), path.string());
  return QuantisedNetwork(edge::image_of(model));
}

}  // namespace pupil::deploy
