// SPDX-License-Identifier: Apache-2.0
#include "deploy/quantised_network.h"

#include <cstring>
#include <utility>

#include "base/check_status.h"
#include "base/read_file.h"

namespace pupil::deploy {

QuantisedNetwork::QuantisedNetwork(edge::ModelImage image) : image_(std::move(image)) {
  const std::vector<std::byte> bytes = edge::write_model(image_);
  auto memory = std::make_shared<std::vector<Block>>(bytes.size() / sizeof(Block) + 1);
  std::memcpy(memory->data(), bytes.data(), bytes.size());
  const std::span<const std::byte> file(memory->data()->bytes, bytes.size());
  check_status(model_.load(file), "the network cannot become a model file");
  memory_ = std::move(memory);
}

QuantisedNetwork QuantisedNetwork::read(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_bytes(path);
  std::vector<Block> aligned(bytes.size() / sizeof(Block) + 1);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  edge::Model model;
  check_status(model.load({aligned.data()->bytes, bytes.size()}), path.string());
  return QuantisedNetwork(edge::image_of(model));
}

}  // namespace pupil::deploy
